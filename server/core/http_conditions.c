/* Conditional requests. SPDX-License-Identifier: MIT */
#include "core/http_conditions.h"

static bool is_any(struct slice header)
{
	return slice_equal(slice_trim(header), SLICE("*"));
}

/* Takes one entity-tag off the list: what stands between its quotes. False: the list ends, or is broken. */
static bool take_tag(struct slice *rest, struct slice *tag, bool *is_weak)
{
	while (rest->length > 0 && (rest->at[0] == ',' || rest->at[0] == ' ' || rest->at[0] == '\t'))
		*rest = slice_from(*rest, 1);
	*is_weak = slice_starts_with(*rest, SLICE("W/"));
	if (*is_weak)
		*rest = slice_from(*rest, 2);
	if (rest->length == 0 || rest->at[0] != '"')
		return false;
	*rest = slice_from(*rest, 1);
	if (slice_find(*rest, '"') == rest->length)
		return false;
	*tag = slice_take(rest, '"');
	return true;
}

static bool has_tag(struct slice list, struct slice etag, bool takes_weak)
{
	struct slice tag;
	bool is_weak;
	while (take_tag(&list, &tag, &is_weak))
		if ((takes_weak || !is_weak) && slice_equal(tag, etag))
			return true;
	return false;
}

bool condition_if_match(struct slice header, const struct condition_subject *subject)
{
	if (slice_is_empty(header))
		return true;
	if (is_any(header))
		return subject->exists;
	/* RFC 9110 §13.1.1: the strong comparison */
	return !slice_is_empty(subject->etag) && has_tag(header, subject->etag, false);
}

bool condition_if_none_match(struct slice header, const struct condition_subject *subject)
{
	if (slice_is_empty(header))
		return true;
	if (is_any(header))
		return !subject->exists;
	/* RFC 9110 §13.1.2: the weak comparison */
	return slice_is_empty(subject->etag) || !has_tag(header, subject->etag, true);
}

bool conditions_ask_existence(struct slice if_match, struct slice if_none_match)
{
	return is_any(if_match) || is_any(if_none_match);
}
