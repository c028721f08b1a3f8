/* Views as text: the bits in hexadecimal digits, then the picks, one a line and sorted. SPDX-License-Identifier: MIT */
#include "bodies/presence_view.h"

#include "base/buffer.h"
#include "base/error.h"

#include <stdlib.h>

bool presence_view_next(struct slice *picks, struct slice *kind, struct slice *value)
{
	struct slice line = slice_take(picks, '\n');
	if (line.length <= PICK_KIND_BYTES)
		return false;
	*kind = slice_of(line.at, PICK_KIND_BYTES);
	*value = slice_from(line, PICK_KIND_BYTES);
	return true;
}

/* Whether what `line` picks is shown anyway. */
static bool is_covered(unsigned shown, struct slice line)
{
	switch (line.at[0]) {
	case 'd':
		return shown & SHOWN_DEVICES;
	case 'p':
		return shown & SHOWN_PERSONS;
	case 's':
		return shown & SHOWN_SERVICES;
	default:
		return shown & SHOWN_ALL_ATTRIBUTES;
	}
}

static int by_bytes(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static size_t count_lines(const struct slice *picks, size_t count)
{
	size_t lines = count; /* one more each: the last line may have no end */
	for (size_t i = 0; i < count; i++) {
		for (size_t at = 0; at < picks[i].length; at++)
			lines += picks[i].at[at] == '\n';
	}
	return lines;
}

/* Those that say something, sorted; the same one may be there several times. */
static int sort_lines(struct arena *arena, unsigned shown, const struct slice *picks, size_t count,
		      struct slice **lines, size_t *line_count)
{
	struct slice *sorted = arena_allocate_zeroed(arena, count_lines(picks, count), sizeof(*sorted));
	size_t sorted_count = 0;
	if (!sorted)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		struct slice rest = picks[i];
		while (rest.length > 0) {
			struct slice line = slice_take(&rest, '\n');
			if (line.length > PICK_KIND_BYTES && !is_covered(shown, line))
				sorted[sorted_count++] = line;
		}
	}
	if (sorted_count > 0)
		qsort(sorted, sorted_count, sizeof(*sorted), by_bytes);
	*lines = sorted;
	*line_count = sorted_count;
	return 0;
}

static void write_lines(struct buffer *buffer, const struct slice *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && slice_equal(lines[i], lines[i - 1]))
			continue;
		buffer_append(buffer, lines[i]);
		buffer_byte(buffer, '\n');
	}
}

int presence_view_write(struct arena *arena, unsigned shown, const struct slice *picks, size_t count,
			struct slice *text)
{
	struct slice *lines;
	size_t line_count;
	if ((shown & SHOWN_EVERYTHING) == SHOWN_EVERYTHING) {
		*text = slice_of(NULL, 0);
		return 0;
	}
	if (shown & SHOWN_ALL_ATTRIBUTES)
		shown &= SHOWN_EVERYTHING;
	int result = sort_lines(arena, shown, picks, count, &lines, &line_count);
	if (result != 0)
		return result;
	struct buffer buffer;
	buffer_init(&buffer, SIZE_MAX / 4);
	buffer_format(&buffer, "%x\n", shown);
	write_lines(&buffer, lines, line_count);
	result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&buffer), text);
	buffer_finish(&buffer);
	return result;
}

struct presence_view presence_view_read(struct slice text)
{
	struct slice rest = text;
	struct slice digits = slice_take(&rest, '\n');
	unsigned shown = 0;
	for (size_t i = 0; i < digits.length && digits.length < 2 * sizeof(shown); i++) {
		char digit = digits.at[i];
		shown = shown << 4 | (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
	}
	return (struct presence_view){.shown = shown, .picks = rest};
}
