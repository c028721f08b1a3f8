/* A transport that listens on loopback, for tests of datagrams and streams. SPDX-License-Identifier: MIT */
#pragma once

#include "web_world.h"

#include <signal.h>

#define MESSAGE "MESSAGE sip:bob@example.test SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"

static inline bool open_with(struct world *world, const struct transport_options *options, enum transport_kind kind)
{
	world_open(world, options);
	struct address address = world_loopback(0);
	return world->transport && transport_listen(world->transport, kind, &address, &world->bound) == 0;
}

static inline bool open_default(struct world *world, enum transport_kind kind)
{
	struct transport_options options = world_options();
	return open_with(world, &options, kind);
}
