/* Who takes plain text only. It is remembered in memory alone: after a restart the first message costs such a device
 * one refusal more. SPDX-License-Identifier: MIT */
#include "features/plain_text.h"

#include "sip/status.h"

enum message_shape plain_text_shape(const struct message_text *content, const struct binding *binding)
{
	if (content->kind != MESSAGE_KIND_TEXT || !content->is_wrapped)
		return MESSAGE_AS_IT_IS;
	return binding->takes_plain_text_only ? MESSAGE_UNWRAPPED : MESSAGE_WRAPPED;
}

/* RFC 3261 §20.1: none is no answer to the question. */
static bool accepts_something_else(const struct sip_message *response)
{
	struct sip_list_cursor cursor = {0};
	struct sip_media_type type;
	struct slice range;
	bool has_any = false;
	while (sip_message_each(response, SIP_HEADER_ACCEPT, &cursor, &range)) {
		if (sip_media_type_parse(range, &type) != 0)
			continue;
		has_any = true;
		if (slice_equal(type.type, SLICE("*")) ||
		    (slice_equal_nocase(type.type, SLICE("message")) &&
		     (slice_equal(type.subtype, SLICE("*")) || slice_equal_nocase(type.subtype, SLICE("cpim")))))
			return false;
	}
	return has_any;
}

bool plain_text_is_wanted(const struct sip_message *response)
{
	switch (response->status) {
	case SIP_UNSUPPORTED_MEDIA_TYPE:
		return true;
	case SIP_NOT_ACCEPTABLE:
	case SIP_NOT_ACCEPTABLE_HERE:
		return accepts_something_else(response);
	default:
		return false;
	}
}

void plain_text_remember(struct device *device, const struct flow *flow, struct log *log)
{
	for (struct binding *binding = device->bindings; binding; binding = binding->next) {
		if (binding->takes_plain_text_only || !flow_equal(&binding->flow, flow))
			continue;
		binding->takes_plain_text_only = true;
		struct slice agent = binding_text(binding, BINDING_USER_AGENT);
		log_event(log, LOG_INFO, "plain_text_only", &(struct log_context){.aor = account_user(device->account)},
			  "%.*s gets texts without their CPIM", SLICE_ARGS(agent));
	}
}
