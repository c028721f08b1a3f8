/* Devices that know nothing but text/plain (RFC 3428 §4 leaves CPIM to those who want it): they get the text that is
 * inside message/cpim (RFC 3862), at once when they refuse that, and from then on without being asked.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/log.h"
#include "bodies/message_text.h"
#include "core/account.h"
#include "sip/message.h"

#include <stdbool.h>

/* In which form a message goes to a device. */
enum message_shape {
	MESSAGE_AS_IT_IS, /* nothing simpler can be made of it */
	MESSAGE_WRAPPED,  /* as it is, a text inside message/cpim */
	MESSAGE_UNWRAPPED /* that text alone */
};

/* What the device behind that binding gets of a message with that content. */
enum message_shape plain_text_shape(const struct message_text *content, const struct binding *binding);

/* The response says that it is the form which the device does not know, not the message that it does not want: 415, or
 * 406 and 488 with an Accept in which message/cpim is missing. */
bool plain_text_is_wanted(const struct sip_message *response);

/* The device's bindings over that flow take plain text only, as long as their User-Agent stays what it is. */
void plain_text_remember(struct device *device, const struct flow *flow, struct log *log);
