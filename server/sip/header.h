/* Names of header fields: text ↔ id; the list is headers.def. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

enum sip_header_id {
	SIP_HEADER_OTHER, /* not in the list: see the header's name */
#define HEADER(id, name, compact, kind) id,
#include "sip/headers.def"
#undef HEADER
	SIP_HEADER_COUNT
};

enum sip_header_kind { SIP_HEADER_KIND_SINGLE, SIP_HEADER_KIND_LIST, SIP_HEADER_KIND_REPEATED };

/* Full or compact name, without case (RFC 3261 §7.3.1, §7.3.3). */
enum sip_header_id sip_header_find(struct slice name);
/* The full name; "" for SIP_HEADER_OTHER. */
struct slice sip_header_name(enum sip_header_id id);
enum sip_header_kind sip_header_kind(enum sip_header_id id);
