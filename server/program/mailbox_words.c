/* Counts of a mailbox on the command line. SPDX-License-Identifier: MIT */
#include "program/mailbox_words.h"

#define URGENT "-urgent"

static bool read_pair(struct slice text, uint32_t *fresh, uint32_t *old)
{
	struct slice rest = text, first = slice_take(&rest, '/');
	uint64_t fresh_number, old_number = 0;
	bool has_second = first.length < text.length;
	if (!slice_to_number(first, UINT32_MAX, &fresh_number) ||
	    (has_second && !slice_to_number(rest, UINT32_MAX, &old_number)))
		return false;
	*fresh = (uint32_t)fresh_number;
	*old = (uint32_t)old_number;
	return true;
}

const char *mailbox_word_read(struct slice word, struct message_summary *summary)
{
	struct slice numbers = word, name = slice_take(&numbers, '=');
	enum message_class which;
	bool is_urgent = slice_ends_with(name, SLICE(URGENT));
	if (is_urgent)
		name = slice_of(name.at, name.length - (sizeof(URGENT) - 1));
	uint32_t fresh, old;
	if (!message_class_find(name, &which))
		return "there is no such class of messages";
	if (!read_pair(numbers, &fresh, &old))
		return "wanted is CLASS=NEW/OLD";
	struct message_counts *counts = &summary->counts[which];
	*(is_urgent ? &counts->urgent_fresh : &counts->fresh) = fresh;
	*(is_urgent ? &counts->urgent_old : &counts->old) = old;
	summary->has[which] = true;
	return NULL;
}

const char *mailbox_words_end(struct message_summary *summary)
{
	summary->is_waiting = false;
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary->counts[i];
		if (counts->urgent_fresh > counts->fresh || counts->urgent_old > counts->old)
			return "more messages are urgent than there are";
		summary->is_waiting = summary->is_waiting || counts->fresh > 0;
	}
	return NULL;
}

void mailbox_words_write(struct buffer *buffer, const struct message_summary *summary)
{
	bool any = false;
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary->counts[i];
		if (!summary->has[i] && counts->fresh == 0 && counts->old == 0)
			continue;
		struct slice name = message_class_name((enum message_class)i);
		buffer_format(buffer, "%s%.*s %u/%u", any ? ", " : "", SLICE_ARGS(name), counts->fresh, counts->old);
		if (counts->urgent_fresh > 0 || counts->urgent_old > 0)
			buffer_format(buffer, " (%u/%u)", counts->urgent_fresh, counts->urgent_old);
		any = true;
	}
	if (!any)
		buffer_text(buffer, "voice 0/0");
}
