/* Which of his own devices a user publishes from.
 *
 * A device with a +sip.instance has an id. Of those without one an account may have several, which share one id: these
 * are told apart by their Contact, that of the PUBLISH (where few have one) or else of the registration over the same
 * flow. The bare address of the flow would not do: phones behind one NAT share it. SPDX-License-Identifier: MIT */
#include "presence/publisher.h"

#include "features/contact.h"
#include "presence/device_of.h"

enum { PLACE_MOST = 300 };

/* NULL: a device without an instance has not registered over this flow. */
static const struct binding *binding_of_flow(const struct request *request)
{
	const struct device *device = account_find_device(request->sender, STORAGE_DEVICE_WITHOUT_INSTANCE);
	for (const struct binding *binding = device ? device->bindings : NULL; binding; binding = binding->next)
		if (binding->reachable && flow_equal(&binding->flow, &request->flow))
			return binding;
	return NULL;
}

static bool find_contact(struct request *request, const struct binding *binding, struct sip_uri *uri)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	struct contact contact;
	if (sip_message_each(&request->message, SIP_HEADER_CONTACT, &cursor, &element) &&
	    contact_parse(&request->arena, element, 0, &contact) == 0) {
		*uri = contact.uri;
		return true;
	}
	return binding && sip_uri_parse(binding_text(binding, BINDING_CONTACT), uri) == 0;
}

/* The port of a phone on UDP is the same when it has started again; that of a connection is a new one each time, and
 * many write it into their Contact. Empty where memory is exhausted: then nothing is replaced. */
static struct slice write_place(struct request *request, const struct sip_uri *uri)
{
	struct slice place = SLICE("");
	struct buffer buffer;
	buffer_init(&buffer, PLACE_MOST);
	buffer_text(&buffer, "contact ");
	buffer_append(&buffer, uri->user);
	buffer_byte(&buffer, '@');
	buffer_append(&buffer, uri->host);
	if (request->flow.transport == TRANSPORT_UDP && uri->port != 0) {
		buffer_byte(&buffer, ':');
		buffer_number(&buffer, uri->port);
	}
	if (buffer_failed(&buffer) || arena_copy(&request->arena, buffer_slice(&buffer), &place) != 0)
		place = SLICE("");
	buffer_finish(&buffer);
	return place;
}

void publisher_read(const struct events_parts *parts, struct request *request, struct slice user,
		    struct publisher *publisher)
{
	struct sip_uri uri;
	*publisher = (struct publisher){0};
	if (!request->sender || !slice_equal(account_user(request->sender), user))
		return;
	publisher->device_id = device_of_request(parts, request);
	if (publisher->device_id == STORAGE_DEVICE_WITHOUT_INSTANCE) {
		const struct binding *binding = binding_of_flow(request);
		if (!binding)
			publisher->device_id = 0;
		if (find_contact(request, binding, &uri))
			publisher->place = write_place(request, &uri);
	}
	publisher->was_registered =
		publisher->device_id != 0 && account_find_device(request->sender, publisher->device_id) != NULL;
}
