/* Message summaries from outside: what is read is written in every style, and reads again as the same.
 * SPDX-License-Identifier: MIT */
#include "bodies/message_summary.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void must_be_sound(const struct message_summary *summary, struct slice text)
{
	bool has_any = false;
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary->counts[i];
		must(counts->urgent_fresh <= counts->fresh && counts->urgent_old <= counts->old);
		must(summary->has[i] || (counts->fresh == 0 && counts->old == 0));
		has_any = has_any || summary->has[i];
	}
	must(has_any);
	must(summary->account.length == 0 || (summary->account.at >= text.at &&
					      summary->account.at + summary->account.length <= text.at + text.length));
}

static void must_be_the_same(const struct message_summary *a, const struct message_summary *b, unsigned style)
{
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *one = &a->counts[i], *other = &b->counts[i];
		must(one->fresh == other->fresh && one->old == other->old);
		must(style & BODY_PLAIN_COUNTS ||
		     (one->urgent_fresh == other->urgent_fresh && one->urgent_old == other->urgent_old));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned styles[] = {0, BODY_PLAIN_COUNTS, BODY_ONLY_VOICE, BODY_NO_LAST_LINE_END,
					  BODY_PLAIN_COUNTS | BODY_ONLY_VOICE | BODY_NO_LAST_LINE_END};
	const struct slice text = slice_of((const char *)data, size);
	struct message_summary summary, again;
	struct body_error error;
	if (message_summary_parse(text, &summary, &error))
		return 0;
	must_be_sound(&summary, text);
	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
		struct buffer buffer;
		buffer_init(&buffer, 1000 + size);
		struct body_output output = {&buffer, BODY_NO_VERSION};
		const struct body_target target = {SLICE("bob"), SLICE("example.test"), styles[i], summary.account};
		message_summary_format.write(&summary, &target, &output);
		must(!buffer_failed(&buffer));
		must(message_summary_parse(buffer_slice(&buffer), &again, &error) == 0);
		if (!(styles[i] & BODY_ONLY_VOICE))
			must_be_the_same(&summary, &again, styles[i]);
		must(again.is_waiting == (again.counts[MESSAGE_VOICE].fresh > 0) || !(styles[i] & BODY_ONLY_VOICE));
		buffer_finish(&buffer);
	}
	return 0;
}
