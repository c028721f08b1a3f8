/* reg (RFC 3680): where a user's devices are registered, for himself (by policy). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/reginfo.h"
#include "presence/people_state.h"

#include <inttypes.h>
#include <stdio.h>

enum { ID_SIZE = 24, GRUU_MOST = 4096 };

/* "c0123456789abcdef": the same in each document (RFC 3680 §5.1), whatever process writes it. */
static int write_id(struct arena *arena, const struct binding *binding, struct slice *id)
{
	char text[ID_SIZE];
	uint64_t number = (uint64_t)storage_device_id(binding_text(binding, BINDING_KEY));
	int length = snprintf(text, sizeof text, "c%016" PRIx64, number);
	return arena_copy(arena, slice_of(text, (size_t)length), id);
}

/* RFC 5628 §3: those that the device was given; empty where it has none. */
static int read_public_gruu(const struct people *people, const struct account *account, const struct binding *binding,
			    struct arena *arena, struct slice *gruu)
{
	struct buffer parameters;
	struct slice quoted;
	int result = 0;
	*gruu = SLICE("");
	if (binding->lengths[BINDING_INSTANCE] == 0)
		return 0;
	buffer_init(&parameters, GRUU_MOST);
	gruu_write_parameters(people->parts->gruus, &parameters, account, binding);
	if (!buffer_failed(&parameters) && sip_parameter_find(buffer_slice(&parameters), SLICE("pub-gruu"), &quoted)) {
		char *plain = arena_allocate(arena, quoted.length + 1);
		if (plain)
			*gruu = slice_of(plain, sip_unquote(quoted, plain));
		else
			result = ERR_NO_MEMORY;
	}
	buffer_finish(&parameters);
	return result;
}

static int read_contact(const struct people *people, const struct binding *binding, struct arena *arena,
			struct reginfo_contact *contact)
{
	int64_t left_ms = binding->expires_at_ms - timers_now(people->parts->timers);
	*contact = (struct reginfo_contact){
		.uri = binding_text(binding, BINDING_CONTACT),
		.event = SLICE("registered"),
		.is_active = true,
		.call_id = binding_text(binding, BINDING_CALL_ID),
		.cseq = binding->cseq,
		.expires_s = left_ms > 0 ? (left_ms + 999) / 1000 : 0,
		.registered_s = -1, /* not kept: a refresh may move it */
		.q = binding->q,
		.instance = binding_text(binding, BINDING_INSTANCE),
		.user_agent = binding_text(binding, BINDING_USER_AGENT),
	};
	int result = write_id(arena, binding, &contact->id);
	return result == 0 ? read_public_gruu(people, binding->device->account, binding, arena, &contact->public_gruu)
			   : result;
}

static int read_contacts(const struct people *people, const struct account *account, struct arena *arena,
			 struct reginfo *state)
{
	size_t count = 0;
	struct reginfo_contact *contacts =
		arena_allocate_zeroed(arena, account_count_bindings(account) + 1, sizeof *contacts);
	if (!contacts)
		return ERR_NO_MEMORY;
	for (const struct device *device = account->devices; device; device = device->next) {
		for (const struct binding *binding = device->bindings; binding; binding = binding->next) {
			int result = read_contact(people, binding, arena, &contacts[count++]);
			if (result != 0)
				return result;
		}
	}
	state->contacts = contacts;
	state->count = count;
	return 0;
}

static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	const struct people *people = arg;
	const struct account *account = people_account(people, resource_name(resource));
	struct reginfo *composed = arena_allocate_zeroed(arena, 1, sizeof *composed);
	if (!composed)
		return ERR_NO_MEMORY;
	composed->id = SLICE("a"); /* one registration in each document */
	int result = account ? read_contacts(people, account, arena, composed) : 0;
	if (result == 0)
		*state = composed;
	return result;
}

static const struct body_format *const formats[] = {&reginfo_format, NULL};

const struct event_package registration_package = {
	.name = "reg",
	.formats = formats,
	.rules = "reg",
	.compose = compose,
};
