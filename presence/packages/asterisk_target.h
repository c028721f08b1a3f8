/* Where Asterisk's own events are published to. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/event_package.h"

/* event_package.resolve of them: the Request-URI is what the PBX's configuration calls us; any name does, and all mean
 * the same resource. Always 0; nothing is allocated. */
unsigned asterisk_target_resolve(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
				 struct event_target *target, const char **sentence);
