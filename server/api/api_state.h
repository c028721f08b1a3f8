/* What api.c and call.c share. SPDX-License-Identifier: MIT */
#pragma once

#include "api/call.h"

struct api {
	struct api_parts parts;
	struct api_options options;
	struct api_counters counters;
	struct list_link calls; /* under way */
};

/* Answers with an error; `headers` are whole lines. A 503 says when to try again. */
void api_refuse(struct api *api, struct http_request *request, unsigned status, struct slice sentence,
		struct slice headers);
/* --- call.c --- */

/* Without an answer. */
void call_destroy(struct api_call *call);
