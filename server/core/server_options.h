/* OPTIONS, and the option tags that this server supports (RFC 3261 §11). SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"
#include "transaction/request.h"

#include <stdbool.h>

/* True for an option tag that Require and Proxy-Require may name. */
bool server_supports(struct slice option_tag);

/* Answers OPTIONS for the domain and for its users (RFC 3261 §11.2): 200 with Accept, Supported, and the headers that
 * `arg` has. For the table of methods, with a struct server_options. */
struct server_options {
	struct slice headers; /* Allow, Allow-Events: whole lines with CRLF */
};
unsigned server_options_handle(void *arg, struct request *request);
