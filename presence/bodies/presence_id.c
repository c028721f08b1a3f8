/* Making ids unique by how they are made. SPDX-License-Identifier: MIT */
#include "bodies/presence_id.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define WANTED_BYTES_MOST 64

struct presence_made_id {
	struct presence_made_id *next;
	struct slice wanted; /* as cleaned */
};

static bool is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

static bool may_follow(char byte)
{
	return is_letter(byte) || (byte >= '0' && byte <= '9') || byte == '-' || byte == '.';
}

/* Into an NCName (which begins with no digit), of ASCII. Returns its length. */
static size_t clean(struct slice wanted, char *cleaned)
{
	size_t length = 0;
	if (slice_is_empty(wanted) || !is_letter(wanted.at[0]))
		cleaned[length++] = 't';
	for (size_t i = 0; i < wanted.length && length < WANTED_BYTES_MOST; i++)
		cleaned[length++] = may_follow(wanted.at[i]) ? wanted.at[i] : '_';
	return length;
}

static bool is_taken(const struct presence_ids *ids, struct slice wanted)
{
	for (const struct presence_made_id *made = ids->made; made; made = made->next) {
		if (slice_equal(made->wanted, wanted))
			return true;
	}
	return false;
}

int presence_id_make(struct arena *arena, struct presence_ids *ids, struct slice wanted, struct slice *id)
{
	char text[WANTED_BYTES_MOST + 64];
	size_t length = clean(slice_trim(wanted), text);
	bool is_again = is_taken(ids, slice_of(text, length));
	struct presence_made_id *made = arena_allocate(arena, sizeof(*made));
	struct slice whole;
	ids->count++;
	int more = snprintf(text + length, sizeof(text) - length, "-%llu%s%s", (unsigned long long)ids->publication,
			    ids->kind ? "." : "", ids->kind ? ids->kind : "");
	size_t end = length + (size_t)(more > 0 ? more : 0);
	if (is_again) {
		more = snprintf(text + end, sizeof(text) - end, ".%u", ids->count);
		end += (size_t)(more > 0 ? more : 0);
	}
	if (!made || arena_copy(arena, slice_of(text, end), &whole) != 0)
		return ERR_NO_MEMORY;
	if (!is_again) {
		*made = (struct presence_made_id){.next = ids->made, .wanted = slice_of(whole.at, length)};
		ids->made = made;
	}
	*id = whole;
	return 0;
}

bool presence_id_is_of(struct slice id, struct slice wanted)
{
	char text[WANTED_BYTES_MOST + 1];
	size_t digits = 0;
	struct slice cleaned = slice_of(text, clean(slice_trim(wanted), text));
	if (!slice_starts_with(id, cleaned))
		return false;
	struct slice rest = slice_from(id, cleaned.length);
	if (slice_is_empty(rest) || rest.at[0] != '-')
		return false;
	rest = slice_from(rest, 1);
	while (digits < rest.length && rest.at[digits] >= '0' && rest.at[digits] <= '9')
		digits++;
	return digits > 0 && (digits == rest.length || rest.at[digits] == '.');
}
