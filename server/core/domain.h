/* Which hosts are ours, and the normal form of an address of record.
 *
 * All names of this server (its domain, the aliases, its own IP addresses) mean the same accounts: an AOR is a
 * plain user part in the one domain. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "sip/uri.h"
#include "transport/transport.h"

#include <stdbool.h>

struct domain;

/* `name` and `aliases` are copied; the transport (borrowed) knows our own addresses, NULL in tests.
 * NULL where memory is exhausted. */
struct domain *domain_create(struct slice name, const struct slice *aliases, size_t alias_count,
			     const struct transport *transport);
void domain_destroy(struct domain *domain);

/* Lower case; the realm of authentication and the host of every AOR. */
struct slice domain_name(const struct domain *domain);
/* Our domain, an alias, or an own address (with that port, 0: any). */
bool domain_is_local(const struct domain *domain, struct slice host, uint16_t port);

/* The plain user part of `uri`, in `arena` where it had escapes. ERR_NOT_FOUND: the host is not ours, or there is no
 * user; ERR_SYNTAX: broken escapes or a scheme without users; ERR_NO_MEMORY. */
MUST_CHECK int domain_user(const struct domain *domain, struct arena *arena, const struct sip_uri *uri,
			   struct slice *user);
