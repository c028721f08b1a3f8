/* REGISTER, in the order of RFC 3261 §10.3: read what is asked, wait for one's turn, decide
 * (both in registration.c), commit, apply, answer.
 * SPDX-License-Identifier: MIT */
#include "features/registration.h"

#include "base/error.h"
#include "core/clock.h"
#include "core/stored_flow.h"
#include "features/device_limit.h"
#include "sip/write.h"

#include <stdlib.h>

/* A row is written to be good for this many times what was granted (location.h). */
enum { LEASE_FACTOR = 2 };

/* A device's row says to a day when it was seen; a quarter of it passes without a look at the row. Whoever forgets the
 * device forgets this too (the struct goes), and retention never forgets what was seen within three days. */
enum { DEVICE_ROW_FRESH_S = 6 * 3600 };

/* REGISTERs of one account that wait for their turn; nobody has a reason for more. */
enum { WAITING_MOST = 16 };

struct registrar *registrar_create(struct timers *timers, struct accounts *accounts, struct location *location,
				   struct gruus *gruus, struct storage *storage, struct log *log,
				   const struct registrar_options *options)
{
	struct registrar *registrar = calloc(1, sizeof *registrar);
	if (!registrar)
		return NULL;
	registrar->timers = timers;
	registrar->accounts = accounts;
	registrar->location = location;
	registrar->gruus = gruus;
	registrar->storage = storage;
	registrar->log = log;
	registrar->options = *options;
	return registrar;
}

void registrar_destroy(struct registrar *registrar)
{
	free(registrar);
}

void registrar_set_options(struct registrar *registrar, const struct registrar_options *options)
{
	registrar->options = *options;
}

const struct registrar_counters *registrar_counters(const struct registrar *registrar)
{
	return &registrar->counters;
}

/* --- committing and applying ---------------------------------------------------------------------------------- */

static void fill_row(const struct registration *registration, const struct contact_change *change, struct slice flow,
		     struct stored_binding *row)
{
	const struct contact *contact = &change->contact;
	const struct sip_message *message = &registration->request->message;
	int64_t now_ms = clock_unix_ms(), device_id = storage_device_id(contact->instance);
	const struct device *device = account_find_device(registration->account, device_id);
	*row = (struct stored_binding){
		.account_id = registration->account->id,
		.key = change->key,
		.contact = contact->uri_text,
		.parameters = contact->parameters,
		.instance = contact->instance,
		.path = registration->path,
		.call_id = sip_message_call_id(message),
		.user_agent = sip_message_value(message, SIP_HEADER_USER_AGENT),
		.flow = flow,
		.device_id = device_id,
		.device_is_fresh = device && device->row_written_at_s + DEVICE_ROW_FRESH_S > now_ms / 1000,
		.expires_at_s = now_ms / 1000 + (int64_t)LEASE_FACTOR * contact->expires_s,
		.registered_at_ms = now_ms,
		.cseq = registration->cseq,
		.reg_id = contact->reg_id,
		.q = contact->q,
		.granted_s = contact->expires_s,
		.session_id = registration->request->session_id,
	};
}

/* Known from now on: a message that comes while this commits is owed to them too. False where memory is exhausted. */
static bool make_devices_known(struct registration *registration)
{
	struct registrar *registrar = registration->registrar;
	struct account *account = registration->account;
	int64_t *kept = arena_allocate_zeroed(&registration->request->arena, registration->count + 1, sizeof *kept);
	if (!kept)
		return false;
	size_t count = 0;
	bool any_is_new = false;
	for (size_t i = 0; i < registration->count; i++) {
		const struct contact_change *change = &registration->changes[i];
		int64_t id = storage_device_id(change->contact.instance);
		struct device *device = account_find_device(account, id);
		if (!device && !change->removes) {
			device = account_device(account, id);
			if (!device)
				return false;
			any_is_new = true;
		}
		if (device)
			device->last_seen_s = clock_unix_ms() / 1000;
		if (!change->removes)
			kept[count++] = id;
	}
	struct device_limit limit = {registrar->accounts, registrar->storage, registrar->log,
				     registrar->options.devices_most};
	if (any_is_new)
		device_limit_apply(&limit, account, kept, count);
	return true;
}

static void on_committed(void *arg, int result);

/* Asks storage for the changes that need a row; false where there is none, and the answer waits for nothing. */
static bool commit(struct registration *registration)
{
	struct account *account = registration->account;
	struct arena *arena = &registration->request->arena;
	size_t most = registration->count + (registration->removes_all ? account_count_bindings(account) : 0);
	struct stored_binding *saved = arena_allocate_zeroed(arena, most + 1, sizeof *saved);
	struct slice *removed = arena_allocate_zeroed(arena, most + 1, sizeof *removed);
	if (!saved || !removed || !make_devices_known(registration)) {
		on_committed(registration, ERR_NO_MEMORY);
		return true;
	}
	char flow_text[STORED_FLOW_SIZE];
	struct slice flow = stored_flow_write(&registration->request->flow, flow_text);
	struct binding_changes changes = {.account_id = account->id, .saved = saved, .removed_keys = removed};
	for (size_t i = 0; i < registration->count; i++) {
		const struct contact_change *change = &registration->changes[i];
		if (change->removes)
			removed[changes.removed_count++] = change->key;
		else if (!change->extends)
			fill_row(registration, change, flow, &saved[changes.saved_count++]);
	}
	if (registration->removes_all)
		for (const struct device *device = account->devices; device; device = device->next)
			for (const struct binding *binding = device->bindings; binding; binding = binding->next)
				removed[changes.removed_count++] = binding_text(binding, BINDING_KEY);
	if (changes.saved_count == 0 && changes.removed_count == 0)
		return false;
	storage_save_bindings(registration->registrar->storage, &changes, on_committed, registration);
	return true;
}

static void log_binding(const struct registration *registration, const char *what, struct slice contact,
			uint32_t granted_s)
{
	struct log *log = registration->registrar->log;
	if (!log_is_enabled(log, LOG_INFO))
		return;
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = request_log_context(registration->request, flow);
	context.aor = account_user(registration->account);
	if (granted_s > 0)
		log_event(log, LOG_INFO, what, &context, "%.*s for %u s", SLICE_ARGS(contact), granted_s);
	else
		log_event(log, LOG_INFO, what, &context, "%.*s", SLICE_ARGS(contact));
}

static void unbind_key(struct registration *registration, struct slice key)
{
	struct binding *binding = location_find(registration->account, key);
	if (!binding)
		return;
	log_binding(registration, "unregistered", binding_text(binding, BINDING_CONTACT), 0);
	location_unbind(registration->registrar->location, binding);
	registration->registrar->counters.removed++;
}

static void note_written(const struct account *account, int64_t device_id)
{
	struct device *device = account_find_device(account, device_id);
	if (device)
		device->row_written_at_s = clock_unix_ms() / 1000;
}

static int apply(struct registration *registration)
{
	struct registrar *registrar = registration->registrar;
	for (size_t i = 0; i < registration->count; i++) {
		const struct contact_change *change = &registration->changes[i];
		struct binding *binding = location_find(registration->account, change->key);
		if (change->removes) {
			unbind_key(registration, change->key);
		} else if (change->extends) {
			location_extend(registrar->location, binding, registration->cseq, change->contact.expires_s);
			registrar->counters.extended++;
		} else {
			struct stored_binding row;
			fill_row(registration, change, (struct slice){0}, &row);
			int result = location_bind(registrar->location, registration->account, &row,
						   &registration->request->flow);
			if (result != 0)
				return result;
			if (!row.device_is_fresh)
				note_written(registration->account, row.device_id);
			if (!binding)
				log_binding(registration, "registered", row.contact, row.granted_s);
			registrar->counters.written++;
		}
	}
	if (registration->removes_all)
		for (struct device *device = registration->account->devices; device; device = device->next)
			while (device->bindings)
				unbind_key(registration, binding_text(device->bindings, BINDING_KEY));
	return 0;
}

/* --- answering ------------------------------------------------------------------------------------------------ */

static void write_binding(const struct registration *registration, const struct binding *binding, bool gruus,
			  struct buffer *headers)
{
	int64_t left_ms = binding->expires_at_ms - timers_now(registration->registrar->timers);
	buffer_text(headers, "Contact: <");
	buffer_append(headers, binding_text(binding, BINDING_CONTACT));
	buffer_byte(headers, '>');
	buffer_append(headers, binding_text(binding, BINDING_PARAMETERS));
	if (binding->q != 1000)
		buffer_format(headers, ";q=0.%03u", (unsigned)binding->q);
	if (gruus && binding->lengths[BINDING_INSTANCE] > 0)
		gruu_write_parameters(registration->registrar->gruus, headers, registration->account, binding);
	buffer_format(headers, ";expires=%lld\r\n", (long long)(left_ms > 0 ? (left_ms + 999) / 1000 : 0));
}

/* RFC 3261 §10.3 step 8: all current bindings; RFC 3327 §5.3: the Path as stored; RFC 5626 §6: Require: outbound where
 * it was used; RFC 5627 §5.3: GRUUs for who supports them. */
static void answer(struct registration *registration)
{
	const struct sip_message *message = &registration->request->message;
	bool gruus = sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("gruu"));
	bool used_outbound = false;
	struct buffer headers;
	buffer_init(&headers, 60000);
	for (const struct device *device = registration->account->devices; device; device = device->next)
		for (const struct binding *binding = device->bindings; binding; binding = binding->next)
			write_binding(registration, binding, gruus, &headers);
	for (size_t i = 0; i < registration->count; i++)
		used_outbound |= registration->changes[i].contact.reg_id != 0;
	if (!slice_is_empty(registration->path))
		sip_write_header(&headers, "Path", registration->path);
	if (used_outbound) {
		buffer_text(&headers, "Require: outbound\r\n");
		if (registration->registrar->options.flow_timer_s > 0)
			buffer_format(&headers, "Flow-Timer: %u\r\n", registration->registrar->options.flow_timer_s);
	}
	buffer_text(&headers, "Supported: path, outbound, gruu\r\n");
	char date[SIP_DATE_SIZE];
	sip_write_header(&headers, "Date", sip_date_write(clock_unix_ms() / 1000, date));
	if (buffer_failed(&headers))
		request_refuse(registration->request, SIP_INTERNAL_ERROR, "%s", error_text(ERR_NO_MEMORY));
	else
		request_reply(registration->request, SIP_OK, &(struct reply){.headers = buffer_slice(&headers)});
	buffer_finish(&headers);
}

/* --- one after the other --------------------------------------------------------------------------------------- */

static void take_turn(struct registration *registration);

/* The registration is answered: the next of its account has its turn. The request dies at the end of the loop turn. */
static void end_turn(struct registration *registration)
{
	struct account *account = registration->account;
	struct registration *next = registration->next;
	account->registrations = next;
	account_release(registration->registrar->accounts, account);
	if (next)
		take_turn(next);
}

static void on_committed(void *arg, int result)
{
	struct registration *registration = arg;
	if (result == 0 && registration->account->is_removed)
		result = ERR_NOT_FOUND; /* by the administrator, meanwhile */
	/* The row of one whose session is over is not taken at the next start either. */
	if (result == 0 && session_is_over(registration->account, registration->request->session_id))
		result = ERR_NOT_FOUND;
	if (result == 0)
		result = apply(registration);
	if (result == 0)
		answer(registration);
	else
		request_refuse_with(registration->request, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
				    "The registration cannot be kept now: %s", error_text(result));
	end_turn(registration);
}

static void serve(struct registration *registration)
{
	if (!registration_decide(registration))
		end_turn(registration);
	else if (!commit(registration))
		on_committed(registration, 0);
}

static void on_devices_loaded(void *arg, int result, struct account *account)
{
	struct registration *registration = arg;
	if (result == 0 && account != registration->account)
		result = ERR_NOT_FOUND; /* removed, and made anew by the same name */
	if (result == 0)
		serve(registration);
	else
		on_committed(registration, result);
}

static bool brings_new_device(const struct registration *registration)
{
	for (size_t i = 0; i < registration->count; i++) {
		const struct contact *contact = &registration->changes[i].contact;
		if (contact->expires_s > 0 &&
		    !account_find_device(registration->account, storage_device_id(contact->instance)))
			return true;
	}
	return false;
}

static void take_turn(struct registration *registration)
{
	struct account *account = registration->account;
	/* Whether a device is one too many can be said only where all are known. */
	if (!account->knows_devices && brings_new_device(registration))
		accounts_load(registration->registrar->accounts, account_user(account), on_devices_loaded,
			      registration);
	else
		serve(registration);
}

unsigned registrar_handle(void *arg, struct request *request)
{
	struct registrar *registrar = arg;
	struct registration *registration = arena_allocate_zeroed(&request->arena, 1, sizeof *registration);
	if (!registration)
		return SIP_INTERNAL_ERROR;
	registration->registrar = registrar;
	registration->request = request;
	registration->account = request->sender;
	if (!registration_read(registration))
		return SIP_LATER;
	struct registration **end = &registration->account->registrations;
	bool is_first = !*end;
	unsigned waiting = 0;
	for (; *end; end = &(*end)->next)
		waiting++;
	if (waiting >= WAITING_MOST) {
		request_refuse_with(request, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
				    "%u REGISTERs of this account are waiting already", waiting);
		return SIP_LATER;
	}
	account_hold(registrar->accounts, registration->account);
	*end = registration;
	if (is_first)
		take_turn(registration);
	return SIP_LATER;
}
