/* Filters: which of them are for a resource (RFC 4661 §3.3, RFC 4660 §4). SPDX-License-Identifier: MIT */
#include "bodies/filter_set.h"

/* How closely a filter names the resource. */
enum closeness { IS_FOR_OTHERS, IS_FOR_ANY, IS_FOR_DOMAIN, IS_FOR_RESOURCE };

int filter_check(struct slice filters, const struct xml_limits *limits, struct body_error *error)
{
	struct filter_set set;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	int result = filter_set_read(&arena, filters, limits, &set, error);
	arena_finish(&arena);
	return result;
}

static int digit_of(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	letter |= 0x20;
	return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

/* One byte of a user part, which may be escaped (RFC 3261 §19.1.2). */
static char take_byte(struct slice *rest)
{
	char byte = rest->at[0];
	int high = byte == '%' && rest->length > 2 ? digit_of(rest->at[1]) : -1;
	int low = high >= 0 ? digit_of(rest->at[2]) : -1;
	*rest = slice_from(*rest, low >= 0 ? 3 : 1);
	return low >= 0 ? (char)(unsigned char)(high * 16 + low) : byte;
}

static bool is_user(struct slice escaped, struct slice user)
{
	size_t i = 0;
	while (!slice_is_empty(escaped)) {
		char byte = take_byte(&escaped);
		if (i == user.length || user.at[i++] != byte)
			return false;
	}
	return i == user.length;
}

static bool has_scheme(struct slice scheme)
{
	return slice_equal_nocase(scheme, SLICE("sip")) || slice_equal_nocase(scheme, SLICE("sips")) ||
	       slice_equal_nocase(scheme, SLICE("pres"));
}

/* Parameters and the port make no other resource of it. */
static bool names_resource(struct slice uri, const struct filter_question *question)
{
	struct slice rest = uri, scheme = slice_take(&rest, ':');
	size_t at = slice_find(rest, '@');
	if (!has_scheme(scheme) || at == rest.length || !is_user(slice_of(rest.at, at), question->user))
		return false;
	struct slice host = slice_from(rest, at + 1);
	size_t length = 0;
	while (length < host.length && !strchr(":;?", host.at[length]))
		length++;
	return slice_equal_nocase(slice_of(host.at, length), question->domain);
}

static enum closeness closeness_of(const struct filter *filter, const struct filter_question *question)
{
	if (!slice_is_empty(filter->uri))
		return names_resource(filter->uri, question) ? IS_FOR_RESOURCE : IS_FOR_OTHERS;
	if (!slice_is_empty(filter->domain))
		return slice_equal_nocase(filter->domain, question->domain) ? IS_FOR_DOMAIN : IS_FOR_OTHERS;
	return IS_FOR_ANY;
}

void filter_set_choose(struct filter_set *set, const struct filter_question *question)
{
	enum closeness closest = IS_FOR_ANY;
	bool is_other_package = !slice_is_empty(set->package) && !slice_equal_nocase(set->package, question->package);
	for (const struct filter *filter = set->filters; filter; filter = filter->next) {
		enum closeness closeness = closeness_of(filter, question);
		if (closeness > closest)
			closest = closeness;
	}
	struct filter **place = &set->filters;
	while (*place) {
		if (is_other_package || closeness_of(*place, question) != closest)
			*place = (*place)->next;
		else
			place = &(*place)->next;
	}
}
