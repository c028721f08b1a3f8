/* Where Asterisk's own events are published to. SPDX-License-Identifier: MIT */
#include "presence/packages/asterisk_target.h"

unsigned asterisk_target_resolve(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
				 struct event_target *target, const char **sentence)
{
	(void)arg;
	(void)arena;
	(void)uri;
	(void)asker;
	(void)sentence;
	target->name = SLICE("asterisk");
	target->needs_account = false;
	return 0;
}
