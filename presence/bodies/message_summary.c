/* Message summaries (RFC 3842): lines of a name and counts, read and written. SPDX-License-Identifier: MIT */
#include "bodies/message_summary.h"

#include "base/error.h"

/* RFC 3458 §6.2, in the capitals that RFC 3842 §5.2 uses; and what people call them. */
static const struct {
	struct slice header, name;
} classes[MESSAGE_CLASS_COUNT] = {
	[MESSAGE_VOICE] = {{"Voice-Message", 13}, {"voice", 5}},
	[MESSAGE_FAX] = {{"Fax-Message", 11}, {"fax", 3}},
	[MESSAGE_PAGER] = {{"Pager-Message", 13}, {"pager", 5}},
	[MESSAGE_MULTIMEDIA] = {{"Multimedia-Message", 18}, {"multimedia", 10}},
	[MESSAGE_TEXT] = {{"Text-Message", 12}, {"text", 4}},
	[MESSAGE_NONE] = {{"None", 4}, {"none", 4}},
};

struct slice message_class_name(enum message_class which)
{
	return classes[which].name;
}

bool message_class_find(struct slice name, enum message_class *which)
{
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		if (slice_equal(name, classes[i].name)) {
			*which = (enum message_class)i;
			return true;
		}
	}
	return false;
}

/* ---- Reading ---- */

struct reading {
	struct message_summary summary;
	bool has_status, has_account;
	unsigned line; /* from 1, for the sentence */
	struct body_error *error;
};

/* RFC 3842 §5.2: no count is above 2^32-1. Blanks may stand on both sides of it. */
static bool read_count(struct slice text, uint32_t *count)
{
	uint64_t number;
	if (!slice_to_number(slice_trim(text), UINT32_MAX, &number))
		return false;
	*count = (uint32_t)number;
	return true;
}

/* "2/8"; some leave out the old ones: "2". */
static bool read_pair(struct slice text, uint32_t *fresh, uint32_t *old)
{
	size_t slash = slice_find(text, '/');
	if (slash == text.length) {
		*old = 0;
		return read_count(text, fresh);
	}
	return read_count(slice_of(text.at, slash), fresh) && read_count(slice_from(text, slash + 1), old);
}

/* msg-summary-line: "2/8 (0/2)", the part in parentheses being of the urgent ones and optional. */
static bool read_counts(struct slice text, struct message_counts *counts)
{
	size_t open = slice_find(text, '(');
	if (open < text.length) {
		struct slice urgent = slice_from(text, open + 1);
		if (urgent.length == 0 || urgent.at[urgent.length - 1] != ')')
			return false;
		urgent.length--;
		if (!read_pair(urgent, &counts->urgent_fresh, &counts->urgent_old))
			return false;
	}
	if (!read_pair(slice_of(text.at, open), &counts->fresh, &counts->old))
		return false;
	/* The urgent ones are among the others; who counts them apart has at least those. */
	if (counts->fresh < counts->urgent_fresh)
		counts->fresh = counts->urgent_fresh;
	if (counts->old < counts->urgent_old)
		counts->old = counts->urgent_old;
	return true;
}

static int complain(const struct reading *reading, const char *what)
{
	body_complain(reading->error, "Line %u of the message summary %s", reading->line, what);
	return ERR_SYNTAX;
}

/* msg-status-line; RFC 3842 has it first, publishers in the field anywhere. */
static int read_status(struct reading *reading, struct slice value)
{
	if (reading->has_status)
		return complain(reading, "says a second time whether messages are waiting");
	reading->has_status = true;
	reading->summary.is_waiting = slice_equal_nocase(value, SLICE("yes"));
	if (!reading->summary.is_waiting && !slice_equal_nocase(value, SLICE("no")))
		return complain(reading, "says neither yes nor no after Messages-Waiting");
	return 0;
}

static int read_account(struct reading *reading, struct slice value)
{
	if (reading->has_account)
		return complain(reading, "has a second Message-Account");
	reading->has_account = true;
	reading->summary.account = value;
	return 0;
}

static int read_class(struct reading *reading, size_t which, struct slice value)
{
	struct message_summary *summary = &reading->summary;
	if (summary->has[which])
		return complain(reading, "counts messages of a class that was counted before");
	if (!read_counts(value, &summary->counts[which]))
		return complain(reading, "has no counts of the form 2/8 (0/2)");
	summary->has[which] = true;
	summary->names_none = false;
	return 0;
}

static int read_line(struct reading *reading, struct slice line)
{
	size_t colon = slice_find(line, ':');
	struct slice name = slice_trim(slice_of(line.at, colon));
	if (colon == line.length || slice_is_empty(name))
		return complain(reading, "is not a name, a colon and a value");
	struct slice value = slice_trim(slice_from(line, colon + 1));
	if (slice_equal_nocase(name, SLICE("Messages-Waiting")))
		return read_status(reading, value);
	if (slice_equal_nocase(name, SLICE("Message-Account")))
		return read_account(reading, value);
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		if (slice_equal_nocase(name, classes[i].header))
			return read_class(reading, i, value);
	}
	return 0; /* RFC 3458 §6.2 lets others add classes: what we cannot show is not an error */
}

static int read_lines(struct reading *reading, struct slice rest)
{
	bool has_begun = false;
	while (rest.length > 0) {
		/* RFC 3842 §5.2 wants CRLF; with LF alone the blank at the end is none. */
		struct slice line = slice_trim(slice_take(&rest, '\n'));
		reading->line++;
		if (slice_is_empty(line)) {
			if (has_begun)
				return 0; /* opt-msg-headers follow: headers of single messages, not kept */
			continue;
		}
		has_begun = true;
		int result = read_line(reading, line);
		if (result)
			return result;
	}
	return 0;
}

int message_summary_parse(struct slice body, struct message_summary *summary, struct body_error *error)
{
	struct reading reading = {.summary.names_none = true, .error = error};
	int result = read_lines(&reading, body);
	if (result)
		return result;
	if (!reading.has_status) {
		body_complain(error, "The message summary has no Messages-Waiting line");
		return ERR_SYNTAX;
	}
	if (reading.summary.names_none) {
		reading.summary.has[MESSAGE_VOICE] = true;
		reading.summary.counts[MESSAGE_VOICE].fresh = reading.summary.is_waiting ? 1 : 0;
	}
	*summary = reading.summary;
	return 0;
}

/* ---- Writing ---- */

static uint32_t add(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static struct message_counts sum_of_classes(const struct message_summary *summary)
{
	struct message_counts sum = {0};
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary->counts[i];
		sum.fresh = add(sum.fresh, counts->fresh);
		sum.old = add(sum.old, counts->old);
		sum.urgent_fresh = add(sum.urgent_fresh, counts->urgent_fresh);
		sum.urgent_old = add(sum.urgent_old, counts->urgent_old);
	}
	return sum;
}

static void write_pair(struct buffer *buffer, uint32_t fresh, uint32_t old)
{
	buffer_number(buffer, fresh);
	buffer_byte(buffer, '/');
	buffer_number(buffer, old);
}

static void write_class(struct buffer *buffer, size_t which, const struct message_counts *counts, unsigned style)
{
	buffer_append(buffer, classes[which].header);
	buffer_text(buffer, ": ");
	write_pair(buffer, counts->fresh, counts->old);
	if (!(style & BODY_PLAIN_COUNTS)) {
		buffer_text(buffer, " (");
		write_pair(buffer, counts->urgent_fresh, counts->urgent_old);
		buffer_byte(buffer, ')');
	}
	buffer_text(buffer, "\r\n");
}

/* Always voice, which is what phones look for; of the others those that anybody has spoken of. */
static void write_classes(struct buffer *buffer, const struct message_summary *summary, unsigned style)
{
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary->counts[i];
		if (i == MESSAGE_VOICE || summary->has[i] || counts->fresh > 0 || counts->old > 0)
			write_class(buffer, i, counts, style);
	}
}

/* The account is a URI: what could end the line is left out. */
static void write_account(struct buffer *buffer, struct slice account)
{
	buffer_text(buffer, "Message-Account: ");
	for (size_t i = 0; i < account.length; i++) {
		if ((unsigned char)account.at[i] > ' ' && account.at[i] != '\177')
			buffer_byte(buffer, account.at[i]);
	}
	buffer_text(buffer, "\r\n");
}

static void write_summary(const void *state, const struct body_target *target, struct body_output *output)
{
	const struct message_summary *summary = state;
	struct buffer *buffer = output->buffer;
	struct message_counts sum = sum_of_classes(summary);
	/* RFC 3842 §3.5: new messages light the lamp, old ones do not. Whoever said so, the counts decide. */
	buffer_text(buffer, sum.fresh > 0 ? "Messages-Waiting: yes\r\n" : "Messages-Waiting: no\r\n");
	if (!slice_is_empty(target->message_account))
		write_account(buffer, target->message_account);
	if (target->style & BODY_ONLY_VOICE)
		write_class(buffer, MESSAGE_VOICE, &sum, target->style);
	else
		write_classes(buffer, summary, target->style);
	if (target->style & BODY_NO_LAST_LINE_END && !buffer_failed(buffer))
		buffer->length -= 2;
}

const struct body_format message_summary_format = {.media_type = "application/simple-message-summary",
						   .write = write_summary};
