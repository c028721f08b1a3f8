/* Reading Contact values. SPDX-License-Identifier: MIT */
#include "features/contact.h"

#include "base/buffer.h"
#include "base/error.h"

/* RFC 3261 §10.2.1.1: a malformed value means an hour. */
static const uint32_t MALFORMED_EXPIRES_S = 3600;

/* Takes the next `name=value` off header parameters, minding quoted strings. */
static bool next_parameter(struct slice *rest, struct slice *parameter)
{
	while (rest->length > 0) {
		bool quoted = false;
		size_t end = 0;
		for (; end < rest->length; end++) {
			char c = rest->at[end];
			if (c == '\\' && quoted && end + 1 < rest->length)
				end++;
			else if (c == '"')
				quoted = !quoted;
			else if (c == ';' && !quoted)
				break;
		}
		*parameter = slice_trim(slice_of(rest->at, end));
		*rest = slice_from(*rest, end < rest->length ? end + 1 : end);
		if (!slice_is_empty(*parameter))
			return true;
	}
	return false;
}

/* What the registrar itself says of a binding; clients that copy it back must not make it grow. */
static bool is_registrars(struct slice name)
{
	static const struct slice names[] = {SLICE("expires"), SLICE("q"), SLICE("pub-gruu"), SLICE("temp-gruu"),
					     SLICE("temp-gruu-cookie")};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_equal_nocase(name, names[i]))
			return true;
	return false;
}

static int keep_parameters(struct arena *arena, struct slice parameters, struct slice *kept)
{
	struct buffer buffer;
	buffer_init(&buffer, parameters.length + 1);
	struct slice parameter;
	while (next_parameter(&parameters, &parameter)) {
		struct slice name = slice_of(parameter.at, slice_find(parameter, '='));
		if (is_registrars(slice_trim(name)))
			continue;
		buffer_byte(&buffer, ';');
		for (size_t i = 0; i < parameter.length; i++) /* folded lines become one */
			buffer_byte(&buffer,
				    parameter.at[i] == '\r' || parameter.at[i] == '\n' ? ' ' : parameter.at[i]);
	}
	int result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&buffer), kept);
	buffer_finish(&buffer);
	return result;
}

/* "<urn:uuid:…>" in quotes (RFC 5626 §4.1); what stands between them is the name of the device. */
static struct slice bare_instance(struct slice value)
{
	if (value.length >= 2 && value.at[0] == '"')
		value = slice_of(value.at + 1, value.length - 2);
	if (value.length >= 2 && value.at[0] == '<')
		value = slice_of(value.at + 1, value.length - 2);
	return value;
}

int contact_parse(struct arena *arena, struct slice element, uint32_t default_expires_s, struct contact *contact)
{
	struct sip_name_address address;
	if (sip_name_address_parse(element, &address) != 0)
		return ERR_SYNTAX;
	struct contact parsed = {
		.uri_text = address.uri_text, .uri = address.uri, .expires_s = default_expires_s, .q = 1000};
	struct slice value;
	if (sip_parameter_find(address.parameters, SLICE("expires"), &value) &&
	    sip_seconds_parse(value, &parsed.expires_s) != 0)
		parsed.expires_s = MALFORMED_EXPIRES_S;
	if (sip_parameter_find(address.parameters, SLICE("q"), &value)) {
		unsigned q;
		if (sip_q_parse(value, &q) != 0)
			return ERR_SYNTAX;
		parsed.q = (uint16_t)q;
	}
	if (sip_parameter_find(address.parameters, SLICE("+sip.instance"), &value))
		parsed.instance = bare_instance(value);
	uint64_t reg_id;
	if (!slice_is_empty(parsed.instance) && sip_parameter_find(address.parameters, SLICE("reg-id"), &value) &&
	    slice_to_number(value, INT32_MAX, &reg_id))
		parsed.reg_id = (uint32_t)reg_id;
	int result = keep_parameters(arena, address.parameters, &parsed.parameters);
	if (result == 0)
		*contact = parsed;
	return result;
}
