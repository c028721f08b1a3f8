/* Status codes and their standard reason phrases. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

/* What a handler returns when the answer is given later (it waits for storage or for a device). */
#define SIP_LATER 0

/* STATUS(id, code, phrase) is in status.def. */
enum sip_status {
#define STATUS(id, code, phrase) id = (code),
#include "sip/status.def"
#undef STATUS
};

/* The standard phrase; that of x00 for a code that we do not know (RFC 3261 §8.1.3.2). */
struct slice sip_status_phrase(unsigned status);
