/* Which of the sender's devices a request comes from. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events.h"

/* By the +sip.instance of its Contact, by a GRUU in its Contact, or by the registration over the same flow; else
 * STORAGE_DEVICE_WITHOUT_INSTANCE. `request->sender` may be NULL. */
int64_t device_of_request(const struct events_parts *parts, struct request *request);
