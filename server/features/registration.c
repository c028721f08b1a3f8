/* What a REGISTER asks for, and whether it may (RFC 3261 §10.3 steps 6 and 7, RFC 3327 §5.3, RFC 5626 §6).
 * SPDX-License-Identifier: MIT */
#include "features/registration.h"

#include "base/error.h"
#include "core/clock.h"

/* --- reading ------------------------------------------------------------------------------------------------- */

/* Refuses and returns false, so that checks can be chained. */
static bool refuse(struct registration *registration, unsigned status, const char *sentence)
{
	registration->registrar->counters.refused++;
	request_refuse(registration->request, status, "%s", sentence);
	return false;
}

static size_t count_values(const struct sip_message *message, enum sip_header_id header)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	size_t count = 0;
	while (sip_message_each(message, header, &cursor, &element))
		count++;
	return count;
}

/* RFC 3261 §10.2.2: "*" stands alone and with Expires 0. */
static bool read_wildcard(struct registration *registration, size_t contacts)
{
	uint32_t expires_s;
	struct slice text = sip_message_value(&registration->request->message, SIP_HEADER_EXPIRES);
	if (contacts != 1 || sip_seconds_parse(text, &expires_s) != 0 || expires_s != 0)
		return refuse(registration, SIP_BAD_REQUEST, "Contact: * must stand alone and with Expires: 0");
	registration->removes_all = true;
	return true;
}

static bool interval_is_long_enough(struct registration *registration, const struct contact *contact)
{
	const struct registrar_options *options = &registration->registrar->options;
	if (contact->expires_s == 0 || contact->expires_s >= options->expires_least_s)
		return true;
	struct buffer headers;
	buffer_init(&headers, 64);
	buffer_format(&headers, "Min-Expires: %u\r\n", options->expires_least_s); /* RFC 3261 §20.23 */
	registration->registrar->counters.refused++;
	request_refuse_with(registration->request, SIP_INTERVAL_TOO_BRIEF, buffer_slice(&headers),
			    "Expires %u s is less than the %u s this server accepts", contact->expires_s,
			    options->expires_least_s);
	buffer_finish(&headers);
	return false;
}

static bool read_contacts(struct registration *registration)
{
	struct registrar *registrar = registration->registrar;
	struct request *request = registration->request;
	size_t contacts = count_values(&request->message, SIP_HEADER_CONTACT);
	registration->changes = arena_allocate_zeroed(&request->arena, contacts + 1, sizeof *registration->changes);
	if (!registration->changes)
		return refuse(registration, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
	uint32_t default_s = registrar->options.expires_default_s;
	struct slice expires = sip_message_value(&request->message, SIP_HEADER_EXPIRES);
	if (!slice_is_empty(expires) && sip_seconds_parse(expires, &default_s) != 0)
		default_s = registrar->options.expires_default_s;

	struct sip_list_cursor cursor = {0};
	struct slice element;
	size_t flows = 0;
	while (sip_message_each(&request->message, SIP_HEADER_CONTACT, &cursor, &element)) {
		if (slice_equal(element, SLICE("*")))
			return read_wildcard(registration, contacts);
		struct contact *contact = &registration->changes[registration->count].contact;
		if (contact_parse(&request->arena, element, default_s, contact) != 0)
			return refuse(registration, SIP_BAD_REQUEST, "A Contact header cannot be read");
		if (!interval_is_long_enough(registration, contact))
			return false;
		if (contact->expires_s > registrar->options.expires_most_s)
			contact->expires_s = registrar->options.expires_most_s;
		if (!registration->outbound)
			contact->reg_id = 0;
		flows += contact->reg_id != 0 && contact->expires_s != 0;
		registration->count++;
	}
	/* RFC 5626 §6: one flow, one binding. */
	if (flows > 1)
		return refuse(registration, SIP_BAD_REQUEST, "A REGISTER can have one Contact with a reg-id only");
	return true;
}

/* The Path values in one line (RFC 3327 §5.3). */
static bool read_path(struct registration *registration)
{
	struct request *request = registration->request;
	struct buffer path;
	buffer_init(&path, request->message.bytes.length + 2);
	struct sip_list_cursor cursor = {0};
	struct slice element, last = {0};
	bool is_readable = true;
	while (sip_message_each(&request->message, SIP_HEADER_PATH, &cursor, &element)) {
		struct sip_name_address hop; /* it will be a Route one day */
		is_readable &= sip_name_address_parse(element, &hop) == 0;
		if (path.length > 0)
			buffer_text(&path, ", ");
		buffer_append(&path, element);
		last = element;
	}
	bool copied =
		!buffer_failed(&path) && arena_copy(&request->arena, buffer_slice(&path), &registration->path) == 0;
	buffer_finish(&path);
	if (!copied)
		return refuse(registration, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
	if (!is_readable)
		return refuse(registration, SIP_BAD_REQUEST, "A Path header cannot be read");

	/* RFC 5626 §6: where a proxy stands between, it must have said that it keeps the flow (";ob"). */
	bool through_proxy = count_values(&request->message, SIP_HEADER_VIA) > 1 || !slice_is_empty(last);
	if (registration->outbound && through_proxy) {
		struct sip_name_address edge;
		struct slice value;
		if (slice_is_empty(last) || sip_name_address_parse(last, &edge) != 0 ||
		    !sip_parameter_find(edge.uri.parameters, SLICE("ob"), &value)) {
			bool insists = sip_message_lists(&request->message, SIP_HEADER_REQUIRE, SLICE("outbound"));
			if (insists)
				return refuse(registration, SIP_FIRST_HOP_LACKS_OUTBOUND,
					      "The proxy on the way does not keep flows");
			registration->outbound = false;
		}
	}
	return true;
}

bool registration_read(struct registration *registration)
{
	const struct sip_message *message = &registration->request->message;
	registration->cseq = sip_message_cseq(&registration->request->message)->number;
	registration->outbound = sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("outbound"));
	return read_path(registration) && read_contacts(registration);
}

/* --- deciding ------------------------------------------------------------------------------------------------ */

/* The binding that the contact names: by flow (RFC 5626 §6), else by URI (RFC 3261 §10.3 step 7, §19.1.4). */
static struct binding *find_binding(const struct account *account, const struct contact *contact, struct slice flow_key)
{
	if (contact->reg_id != 0)
		return location_find(account, flow_key);
	for (const struct device *device = account->devices; device; device = device->next) {
		for (struct binding *binding = device->bindings; binding; binding = binding->next) {
			if (binding->reg_id != 0)
				continue;
			struct slice text = binding_text(binding, BINDING_CONTACT);
			struct sip_uri uri;
			if (slice_equal(text, contact->uri_text) ||
			    (sip_uri_parse(text, &uri) == 0 && sip_uri_equal(&uri, &contact->uri)))
				return binding;
		}
	}
	return NULL;
}

static bool write_flow_key(struct registration *registration, struct contact_change *change)
{
	struct buffer key;
	buffer_init(&key, change->contact.instance.length + 32);
	buffer_text(&key, "flow:");
	buffer_append(&key, change->contact.instance);
	buffer_format(&key, ";reg-id=%u", change->contact.reg_id);
	bool copied = !buffer_failed(&key) &&
		      arena_copy(&registration->request->arena, buffer_slice(&key), &change->key) == 0;
	buffer_finish(&key);
	return copied || refuse(registration, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
}

/* Promise 1 with a lease: nothing that the row says has changed, and it outlives what is granted now. */
static bool row_suffices(const struct registration *registration, const struct binding *binding,
			 const struct contact *contact)
{
	return binding->stored_until_s >= clock_unix_ms() / 1000 + contact->expires_s && binding->q == contact->q &&
	       binding->session_id == registration->request->session_id && binding->reachable &&
	       flow_equal(&binding->flow, &registration->request->flow) &&
	       slice_equal(binding_text(binding, BINDING_CONTACT), contact->uri_text) &&
	       slice_equal(binding_text(binding, BINDING_PARAMETERS), contact->parameters) &&
	       slice_equal(binding_text(binding, BINDING_PATH), registration->path) &&
	       slice_equal(binding_text(binding, BINDING_CALL_ID),
			   sip_message_call_id(&registration->request->message));
}

/* RFC 3261 §10.3 step 7: an older request of the same client changes nothing. */
static bool is_in_order(struct registration *registration, const struct binding *binding)
{
	if (!slice_equal(binding_text(binding, BINDING_CALL_ID),
			 sip_message_call_id(&registration->request->message)) ||
	    registration->cseq > binding->cseq)
		return true;
	return refuse(registration, SIP_INTERNAL_ERROR, "A later REGISTER of the same Call-ID has been served already");
}

static bool is_named(const struct registration *registration, const struct binding *binding)
{
	for (size_t i = 0; i < registration->count; i++)
		if (slice_equal(registration->changes[i].key, binding_text(binding, BINDING_KEY)))
			return true;
	return false;
}

static void on_dead_row_removed(void *arg, int result)
{
	/* Where this failed, the row ends with its lease. */
	(void)arg;
	(void)result;
}

/* Before a contact is refused for the limit, the oldest binding that is good for nothing makes room: its connection is
 * closed, or the same device has registered from elsewhere since. Clients that lose their connection, and pages that
 * are loaded again, leave such behind. */
static bool drop_dead_binding(struct registration *registration, const struct contact *contact)
{
	struct registrar *registrar = registration->registrar;
	struct binding *oldest = NULL;
	for (struct device *device = registration->account->devices; device; device = device->next) {
		for (struct binding *binding = device->bindings; binding; binding = binding->next) {
			bool is_left_behind = binding->reg_id == 0 && !slice_is_empty(contact->instance) &&
					      slice_equal(binding_text(binding, BINDING_INSTANCE), contact->instance);
			if ((!binding->reachable || is_left_behind) && !is_named(registration, binding) &&
			    (!oldest || binding->registered_at_ms < oldest->registered_at_ms))
				oldest = binding;
		}
	}
	if (!oldest)
		return false;
	struct slice key = binding_text(oldest, BINDING_KEY);
	struct binding_changes changes = {
		.account_id = registration->account->id, .removed_keys = &key, .removed_count = 1};
	storage_save_bindings(registrar->storage, &changes, on_dead_row_removed, NULL);
	location_unbind(registrar->location, oldest);
	registrar->counters.removed++;
	return true;
}

bool registration_decide(struct registration *registration)
{
	struct registrar *registrar = registration->registrar;
	struct account *account = registration->account;
	unsigned bindings = account_count_bindings(account);
	bool needs_row = registration->removes_all;
	for (size_t i = 0; i < registration->count; i++) {
		struct contact_change *change = &registration->changes[i];
		const struct contact *contact = &change->contact;
		if (contact->reg_id != 0 && !write_flow_key(registration, change))
			return false;
		struct binding *binding = find_binding(account, contact, change->key);
		if (binding && !is_in_order(registration, binding))
			return false;
		if (contact->reg_id == 0)
			change->key = binding ? binding_text(binding, BINDING_KEY) : contact->uri_text;
		/* The binding may end before the commit does: the key is the request's from here on. */
		if (arena_copy(&registration->request->arena, change->key, &change->key) != 0)
			return refuse(registration, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
		change->removes = contact->expires_s == 0;
		change->extends = binding && !change->removes && row_suffices(registration, binding, contact);
		needs_row |= !change->extends;
		if (binding || change->removes)
			continue;
		bindings++;
		if (bindings > registrar->options.contacts_most && drop_dead_binding(registration, contact))
			bindings--;
		if (bindings > registrar->options.contacts_most) {
			registrar->counters.refused++;
			request_refuse(registration->request, SIP_FORBIDDEN,
				       "The account has %u contacts already, which is the limit",
				       registrar->options.contacts_most);
			return false;
		}
	}
	if (registration->removes_all) {
		for (const struct device *device = account->devices; device; device = device->next)
			for (const struct binding *binding = device->bindings; binding; binding = binding->next)
				if (!is_in_order(registration, binding))
					return false;
	}
	/* While a commit is waited for, a binding that was to be extended may end: then it must have a row, too. */
	for (size_t i = 0; i < registration->count; i++)
		registration->changes[i].extends &= !needs_row;
	return true;
}
