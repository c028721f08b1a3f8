/* Where the devices of an account are: bindings and the flows that reach them (RFC 3261 §10, RFC 5626).
 *
 * A binding routes back over the flow that it came in on, whatever its URI says. It stops being reachable in the
 * moment its connection closes; it stays, because the device is known, until it expires.
 *
 * Rows are leases: they are written to be good for twice the time that the device was told, so a refresh that moves
 * only the expiry needs no write while the row outlives what is granted. After a crash a binding that was not
 * refreshed in time may thus be tried in vain; none that was granted is missing (promise 1).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "base/timer.h"
#include "core/accounts.h"
#include "storage/storage.h"
#include "transport/transport.h"

struct location;

/* NULL where memory is exhausted. */
struct location *location_create(struct timers *timers, struct transport *transport, struct accounts *accounts,
				 struct storage *storage, struct log *log);
void location_destroy(struct location *location);

/* Takes all bindings from storage, once, before requests are served. */
void location_load(struct location *location, storage_done_fn *done, void *arg);

/* `on_returned` is told of each device that has just registered and can be reached, also where it could before: it is
 * alive. Not of those that are loaded: there are many at once, see outboxes_resume. */
typedef void location_returned_fn(void *arg, struct device *device);
void location_on_returned(struct location *location, location_returned_fn *on_returned, void *arg);

/* `on_changed` is told of each account of which a binding was made, replaced or ended, or can be reached (no more); not
 * of refreshes that move nothing but the expiry, of what is loaded, and of accounts that are removed. */
typedef void location_changed_fn(void *arg, struct account *account);
void location_on_changed(struct location *location, location_changed_fn *on_changed, void *arg);

/* The account's binding with that key, or NULL. */
struct binding *location_find(const struct account *account, struct slice key);

/* Puts a binding that is committed in place: a new one, or instead of the one with the same key. `stored` gives its
 * texts and numbers (expires_at_s is the row's lease), `granted_s` how long it lives from now. ERR_NO_MEMORY. */
MUST_CHECK int location_bind(struct location *location, struct account *account, const struct stored_binding *stored,
			     const struct flow *flow);
/* A refresh that needed no row: the same binding, later expiry, higher CSeq. */
void location_extend(struct location *location, struct binding *binding, uint32_t cseq, uint32_t granted_s);
void location_unbind(struct location *location, struct binding *binding);

/* For accounts_on_removed: all its bindings end. */
void location_account_removed(struct location *location, struct account *account);

/* For sessions_on_ended: what it has registered ends, and the connection of its page is closed. */
void location_session_ended(struct location *location, struct account *account, int64_t session_id);

/* For transport_events: bindings over that connection are not reachable any more. */
void location_flow_closed(struct location *location, const struct flow *flow);

/* The newest binding of the device that is reachable, NULL: none. */
struct binding *location_reachable(const struct device *device);

/* Where a request that is too large for a datagram may reach the device by TCP (RFC 3261 §18.1.1): the address in its
 * Contact, where that is the one that its datagrams come from. Family ADDRESS_NONE: nowhere. */
struct address location_tcp_peer(const struct binding *binding);

struct location_counters {
	unsigned bindings, reachable;
};
const struct location_counters *location_counters(const struct location *location);
