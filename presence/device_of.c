/* Which of the sender's devices a request comes from. SPDX-License-Identifier: MIT */
#include "presence/device_of.h"

#include "features/contact.h"

static int64_t device_of_flow(const struct account *account, const struct flow *flow)
{
	for (const struct device *device = account->devices; device; device = device->next)
		for (const struct binding *binding = device->bindings; binding; binding = binding->next)
			if (binding->reachable && flow_equal(&binding->flow, flow))
				return device->id;
	return STORAGE_DEVICE_WITHOUT_INSTANCE;
}

int64_t device_of_request(const struct events_parts *parts, struct request *request)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	struct contact contact;
	if (sip_message_each(&request->message, SIP_HEADER_CONTACT, &cursor, &element) &&
	    contact_parse(&request->arena, element, 0, &contact) == 0) {
		struct gruu_target target;
		if (!slice_is_empty(contact.instance))
			return storage_device_id(contact.instance);
		if (gruu_is(&contact.uri) && gruu_resolve(parts->gruus, &request->arena, &contact.uri, &target) == 0)
			return target.device_id;
	}
	return request->sender ? device_of_flow(request->sender, &request->flow) : STORAGE_DEVICE_WITHOUT_INSTANCE;
}
