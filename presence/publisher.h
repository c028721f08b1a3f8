/* Which of his own devices a user publishes from. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events.h"

struct publisher {
	int64_t device_id;   /* 0: not known, or he publishes for somebody else */
	bool was_registered; /* the device is one that registers */
	struct slice place;  /* tells devices without an instance apart: "contact bob@192.0.2.7:5060"; empty: nothing
				does.  In the request's arena */
};

/* `user` is whose state is published. Who publishes for others says nothing of his devices. */
void publisher_read(const struct events_parts *parts, struct request *request, struct slice user,
		    struct publisher *publisher);
