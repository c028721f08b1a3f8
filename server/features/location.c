/* Bindings in memory, in step with their rows. SPDX-License-Identifier: MIT */
#include "features/location.h"

#include "base/error.h"
#include "core/clock.h"
#include "core/peer.h"
#include "core/stored_flow.h"
#include "sip/uri.h"

#include <stdlib.h>
#include <string.h>

struct location {
	struct timers *timers;
	struct transport *transport;
	struct accounts *accounts;
	struct storage *storage;
	struct log *log;
	struct table by_connection;
	location_returned_fn *on_returned;
	void *on_returned_arg;
	location_changed_fn *on_changed;
	void *on_changed_arg;
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
	struct location_counters counters;
};

/* --- one binding --------------------------------------------------------------------------------------------- */

static uint64_t connection_hash(const struct location *location, uint64_t connection)
{
	return table_hash(&location->by_connection, &connection, sizeof connection);
}

static void set_reachable(struct location *location, struct binding *binding, bool reachable)
{
	if (binding->is_linked && !reachable) {
		table_remove(&location->by_connection, &binding->connection_link);
		binding->is_linked = false;
	}
	if (!binding->is_linked && reachable && binding->flow.connection != 0) {
		table_insert(&location->by_connection, &binding->connection_link,
			     connection_hash(location, binding->flow.connection));
		binding->is_linked = true;
	}
	if (binding->reachable != reachable)
		location->counters.reachable += reachable ? 1u : (unsigned)-1;
	if (!reachable)
		binding->lost_at_ms = timers_now(location->timers);
	binding->reachable = reachable;
}

static void detach(struct binding *binding)
{
	struct binding **at = &binding->device->bindings;
	while (*at != binding)
		at = &(*at)->next;
	*at = binding->next;
}

static void tell_changed(const struct location *location, struct account *account)
{
	if (location->on_changed)
		location->on_changed(location->on_changed_arg, account);
}

static void unbind(struct location *location, struct binding *binding)
{
	struct account *account = binding->device->account;
	timer_stop(&binding->expiry);
	set_reachable(location, binding, false);
	detach(binding);
	free(binding);
	location->counters.bindings--;
	account_release(location->accounts, account);
}

void location_unbind(struct location *location, struct binding *binding)
{
	struct account *account = binding->device->account;
	account_hold(location->accounts, account);
	unbind(location, binding);
	tell_changed(location, account);
	account_release(location->accounts, account);
}

static void on_removed_row(void *arg, int result)
{
	/* The row goes with a later purge, or is overwritten, where this failed. */
	(void)arg;
	(void)result;
}

/* Unless a REGISTER is being committed, which may have written this row anew. */
static void remove_row(const struct location *location, const struct binding *binding)
{
	const struct account *account = binding->device->account;
	struct slice key = binding_text(binding, BINDING_KEY);
	struct binding_changes changes = {.account_id = account->id, .removed_keys = &key, .removed_count = 1};
	if (!account->registrations)
		storage_save_bindings(location->storage, &changes, on_removed_row, NULL);
}

static void on_expired(struct timer *timer)
{
	struct binding *binding = CONTAINER_OF(timer, struct binding, expiry);
	struct location *location = binding->location;
	const struct account *account = binding->device->account;
	remove_row(location, binding);
	log_event(
		location->log, LOG_INFO, "registration_expired",
		&(struct log_context){.aor = account_user(account), .call_id = binding_text(binding, BINDING_CALL_ID)},
		"%.*s", SLICE_ARGS(binding_text(binding, BINDING_CONTACT)));
	location_unbind(location, binding);
}

static struct binding *binding_create(const struct stored_binding *stored)
{
	/* So it is without outbound. */
	bool is_keyed_by_contact = slice_equal(stored->key, stored->contact);
	const struct slice texts[BINDING_TEXT_COUNT] = {
		[BINDING_KEY] = is_keyed_by_contact ? SLICE("") : stored->key,
		[BINDING_CONTACT] = stored->contact,
		[BINDING_PARAMETERS] = stored->parameters,
		[BINDING_INSTANCE] = stored->instance,
		[BINDING_PATH] = stored->path,
		[BINDING_CALL_ID] = stored->call_id,
		[BINDING_USER_AGENT] = stored->user_agent,
	};
	size_t bytes = 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].length > UINT16_MAX)
			return NULL;
		bytes += texts[i].length;
	}
	struct binding *binding = calloc(1, sizeof *binding + bytes);
	if (!binding)
		return NULL;
	char *at = binding->text;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (texts[i].length > 0)
			memcpy(at, texts[i].at, texts[i].length);
		at += texts[i].length;
		binding->lengths[i] = (uint16_t)texts[i].length;
	}
	binding->is_keyed_by_contact = is_keyed_by_contact;
	binding->stored_until_s = stored->expires_at_s;
	binding->registered_at_ms = stored->registered_at_ms;
	binding->cseq = stored->cseq;
	binding->reg_id = stored->reg_id;
	binding->granted_s = stored->granted_s;
	binding->session_id = stored->session_id;
	binding->q = stored->q;
	return binding;
}

/* The same program knows no more than it did, over whichever flow. */
static bool takes_plain_text_only(const struct device *device, struct slice user_agent)
{
	for (const struct binding *binding = device->bindings; binding; binding = binding->next)
		if (binding->takes_plain_text_only &&
		    slice_equal(binding_text(binding, BINDING_USER_AGENT), user_agent))
			return true;
	return false;
}

static int bind_for(struct location *location, struct account *account, const struct stored_binding *stored,
		    const struct flow *flow, int64_t lives_ms)
{
	struct device *device = account_device(account, stored->device_id);
	struct binding *binding = device ? binding_create(stored) : NULL;
	if (!binding)
		return ERR_NO_MEMORY;
	struct binding *replaced = location_find(account, stored->key);
	account_hold(location->accounts, account);
	if (device->last_seen_s < stored->registered_at_ms / 1000)
		device->last_seen_s = stored->registered_at_ms / 1000;
	binding->location = location;
	binding->device = device;
	binding->takes_plain_text_only = takes_plain_text_only(device, stored->user_agent);
	binding->next = device->bindings;
	device->bindings = binding;
	binding->expires_at_ms = timers_now(location->timers) + lives_ms;
	timer_start(location->timers, &binding->expiry, lives_ms, on_expired);
	location->counters.bindings++;
	if (flow)
		binding->flow = *flow;
	set_reachable(location, binding, flow && transport_is_open(location->transport, flow));
	if (replaced)
		unbind(location, replaced);
	return 0;
}

static void tell_returned(const struct location *location, struct device *device)
{
	if (location->on_returned && location_reachable(device))
		location->on_returned(location->on_returned_arg, device);
}

/* --- interface ----------------------------------------------------------------------------------------------- */

struct location *location_create(struct timers *timers, struct transport *transport, struct accounts *accounts,
				 struct storage *storage, struct log *log)
{
	struct location *location = calloc(1, sizeof *location);
	if (!location)
		return NULL;
	if (table_init(&location->by_connection) != 0) {
		free(location);
		return NULL;
	}
	location->timers = timers;
	location->transport = transport;
	location->accounts = accounts;
	location->storage = storage;
	location->log = log;
	return location;
}

void location_account_removed(struct location *location, struct account *account)
{
	account_hold(location->accounts, account);
	for (struct device *device = account->devices; device; device = device->next)
		while (device->bindings)
			unbind(location, device->bindings);
	tell_changed(location, account);
	account_release(location->accounts, account);
}

/* Browsers have a connection for each page: closing it tells the page that something has happened. Others' connections
 * may carry other users, too. */
static bool is_a_pages(const struct flow *flow)
{
	return flow->transport == TRANSPORT_WS || flow->transport == TRANSPORT_WSS;
}

static void end_by_session(struct location *location, struct binding *binding)
{
	const struct account *account = binding->device->account;
	struct flow flow = binding->flow;
	bool was_reachable = binding->reachable;
	log_event(
		location->log, LOG_INFO, "unregistered",
		&(struct log_context){.aor = account_user(account), .call_id = binding_text(binding, BINDING_CALL_ID)},
		"%.*s: its session has ended", SLICE_ARGS(binding_text(binding, BINDING_CONTACT)));
	remove_row(location, binding);
	location_unbind(location, binding);
	if (was_reachable && is_a_pages(&flow))
		transport_close_flow(location->transport, &flow);
}

void location_session_ended(struct location *location, struct account *account, int64_t session_id)
{
	account_hold(location->accounts, account);
	for (struct device *device = account->devices; device; device = device->next) {
		struct binding *next;
		for (struct binding *binding = device->bindings; binding; binding = next) {
			next = binding->next;
			if (binding->session_id == session_id)
				end_by_session(location, binding);
		}
	}
	account_release(location->accounts, account);
}

static void unbind_all(void *arg, struct account *account)
{
	location_account_removed(arg, account);
}

void location_destroy(struct location *location)
{
	if (!location)
		return;
	accounts_each(location->accounts, unbind_all, location);
	table_finish(&location->by_connection);
	free(location);
}

void location_on_returned(struct location *location, location_returned_fn *on_returned, void *arg)
{
	location->on_returned = on_returned;
	location->on_returned_arg = arg;
}

void location_on_changed(struct location *location, location_changed_fn *on_changed, void *arg)
{
	location->on_changed = on_changed;
	location->on_changed_arg = arg;
}

static void on_stored_binding(void *arg, const struct stored_account *stored_account,
			      const struct stored_binding *stored)
{
	struct location *location = arg;
	int64_t lives_ms = stored->expires_at_s * 1000 - clock_unix_ms();
	if (lives_ms <= 0)
		return;
	struct account *account = accounts_take(location->accounts, stored_account);
	struct flow flow = {0};
	bool has_flow = stored_flow_read(location->transport, stored->flow, &flow);
	if (!account || bind_for(location, account, stored, has_flow ? &flow : NULL, lives_ms) != 0)
		log_event(location->log, LOG_ERROR, "binding_not_loaded",
			  &(struct log_context){.aor = stored_account->user}, "%s", error_text(ERR_NO_MEMORY));
}

static void on_all_loaded(void *arg, int result)
{
	struct location *location = arg;
	if (result == 0)
		log_event(location->log, LOG_INFO, "bindings_loaded", NULL, "%u bindings, %u of them reachable",
			  location->counters.bindings, location->counters.reachable);
	location->on_loaded(location->on_loaded_arg, result);
}

void location_load(struct location *location, storage_done_fn *done, void *arg)
{
	location->on_loaded = done;
	location->on_loaded_arg = arg;
	storage_load_bindings(location->storage, on_stored_binding, on_all_loaded, location);
}

struct binding *location_find(const struct account *account, struct slice key)
{
	for (const struct device *device = account->devices; device; device = device->next)
		for (struct binding *binding = device->bindings; binding; binding = binding->next)
			if (slice_equal(binding_text(binding, BINDING_KEY), key))
				return binding;
	return NULL;
}

int location_bind(struct location *location, struct account *account, const struct stored_binding *stored,
		  const struct flow *flow)
{
	int result = bind_for(location, account, stored, flow, (int64_t)stored->granted_s * 1000);
	if (result == 0) {
		tell_returned(location, account_find_device(account, stored->device_id));
		tell_changed(location, account);
	}
	return result;
}

void location_extend(struct location *location, struct binding *binding, uint32_t cseq, uint32_t granted_s)
{
	binding->cseq = cseq;
	binding->granted_s = granted_s;
	binding->expires_at_ms = timers_now(location->timers) + (int64_t)granted_s * 1000;
	timer_start(location->timers, &binding->expiry, (int64_t)granted_s * 1000, on_expired);
	tell_returned(location, binding->device);
}

static bool is_over(const struct table_link *link, const void *key)
{
	const uint64_t *connection = key;
	return CONTAINER_OF(link, const struct binding, connection_link)->flow.connection == *connection;
}

void location_flow_closed(struct location *location, const struct flow *flow)
{
	if (flow->connection == 0)
		return;
	uint64_t hash = connection_hash(location, flow->connection);
	struct table_link *link;
	while ((link = table_find(&location->by_connection, hash, is_over, &flow->connection))) {
		struct binding *binding = CONTAINER_OF(link, struct binding, connection_link);
		set_reachable(location, binding, false);
		tell_changed(location, binding->device->account);
	}
}

struct binding *location_reachable(const struct device *device)
{
	for (struct binding *binding = device->bindings; binding; binding = binding->next)
		if (binding->reachable)
			return binding;
	return NULL;
}

struct address location_tcp_peer(const struct binding *binding)
{
	return peer_by_tcp(&binding->flow, binding_text(binding, BINDING_CONTACT));
}

const struct location_counters *location_counters(const struct location *location)
{
	return &location->counters;
}
