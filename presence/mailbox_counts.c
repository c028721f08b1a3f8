/* Counts of messages. SPDX-License-Identifier: MIT */
#include "presence/mailbox_counts.h"

static void take(struct mailbox_counts *counts, enum message_class which, const struct message_counts *of)
{
	counts->has |= (uint8_t)(1u << which);
	counts->of[which] = *of;
}

static void take_named(struct mailbox_counts *counts, const struct message_summary *summary)
{
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++)
		if (summary->has[i])
			take(counts, (enum message_class)i, &summary->counts[i]);
	if (counts->has == 0)
		counts->has = 1u << MESSAGE_VOICE;
}

struct mailbox_counts mailbox_counts_of(const struct message_summary *summary)
{
	struct mailbox_counts counts = {0};
	take_named(&counts, summary);
	return counts;
}

void mailbox_counts_update(struct mailbox_counts *counts, const struct message_summary *summary)
{
	/* The classes that phones were told of are told on, as 0. */
	if (summary->names_none && !summary->is_waiting)
		for (int i = 0; i < MESSAGE_CLASS_COUNT; i++)
			counts->of[i] = (struct message_counts){0};
	take_named(counts, summary);
}

static void add(uint32_t *sum, uint32_t number)
{
	*sum = *sum > UINT32_MAX - number ? UINT32_MAX : *sum + number;
}

void mailbox_counts_add(struct mailbox_counts *sum, const struct mailbox_counts *counts)
{
	sum->has |= counts->has;
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		add(&sum->of[i].fresh, counts->of[i].fresh);
		add(&sum->of[i].old, counts->of[i].old);
		add(&sum->of[i].urgent_fresh, counts->of[i].urgent_fresh);
		add(&sum->of[i].urgent_old, counts->of[i].urgent_old);
	}
}

static bool is_same(const struct message_counts *a, const struct message_counts *b)
{
	return a->fresh == b->fresh && a->old == b->old && a->urgent_fresh == b->urgent_fresh &&
	       a->urgent_old == b->urgent_old;
}

bool mailbox_counts_are_equal(const struct mailbox_counts *a, const struct mailbox_counts *b)
{
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++)
		if (!is_same(&a->of[i], &b->of[i]))
			return false;
	return a->has == b->has;
}

bool mailbox_counts_are_zero(const struct mailbox_counts *counts)
{
	static const struct message_counts none;
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++)
		if (!is_same(&counts->of[i], &none))
			return false;
	return true;
}

struct message_summary mailbox_counts_summary(const struct mailbox_counts *counts)
{
	struct message_summary summary = {0};
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		summary.has[i] = counts->has & 1u << i;
		summary.counts[i] = counts->of[i];
		summary.is_waiting |= counts->of[i].fresh > 0;
	}
	return summary;
}

size_t mailbox_counts_write(const struct mailbox_counts *counts, struct slice mailbox,
			    struct stored_message_count rows[MESSAGE_CLASS_COUNT])
{
	size_t count = 0;
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *of = &counts->of[i];
		if (!(counts->has & 1u << i))
			continue;
		rows[count++] = (struct stored_message_count){.mailbox = mailbox,
							      .class_name = message_class_name((enum message_class)i),
							      .fresh = of->fresh,
							      .old = of->old,
							      .urgent_fresh = of->urgent_fresh,
							      .urgent_old = of->urgent_old};
	}
	return count;
}

bool mailbox_counts_read(struct mailbox_counts *counts, const struct stored_message_count *row)
{
	enum message_class which;
	if (!message_class_find(row->class_name, &which))
		return false;
	take(counts, which,
	     &(struct message_counts){.fresh = row->fresh,
				      .old = row->old,
				      .urgent_fresh = row->urgent_fresh,
				      .urgent_old = row->urgent_old});
	return true;
}
