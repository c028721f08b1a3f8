/* Methods that we know by name; others are carried as text. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

/* METHOD(id, text) */
#define SIP_METHODS(METHOD)                                                                                            \
	METHOD(SIP_REGISTER, "REGISTER")                                                                               \
	METHOD(SIP_MESSAGE, "MESSAGE")                                                                                 \
	METHOD(SIP_SUBSCRIBE, "SUBSCRIBE")                                                                             \
	METHOD(SIP_NOTIFY, "NOTIFY")                                                                                   \
	METHOD(SIP_PUBLISH, "PUBLISH")                                                                                 \
	METHOD(SIP_OPTIONS, "OPTIONS")                                                                                 \
	METHOD(SIP_INVITE, "INVITE")                                                                                   \
	METHOD(SIP_ACK, "ACK")                                                                                         \
	METHOD(SIP_BYE, "BYE")                                                                                         \
	METHOD(SIP_CANCEL, "CANCEL")                                                                                   \
	METHOD(SIP_INFO, "INFO")                                                                                       \
	METHOD(SIP_UPDATE, "UPDATE")                                                                                   \
	METHOD(SIP_PRACK, "PRACK")                                                                                     \
	METHOD(SIP_REFER, "REFER")

enum sip_method {
	SIP_METHOD_OTHER, /* not in the list: see the message's text */
#define METHOD(id, text) id,
	SIP_METHODS(METHOD)
#undef METHOD
		SIP_METHOD_COUNT
};

/* Methods compare with case (RFC 3261 §7.1). */
enum sip_method sip_method_find(struct slice text);
/* "" for SIP_METHOD_OTHER. */
struct slice sip_method_text(enum sip_method method);
