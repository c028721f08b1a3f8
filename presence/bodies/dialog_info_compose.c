/* Several publishers' documents of one user become one: which dialogs are the same, and which are to be told.
 * SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/error.h"
#include "bodies/dialog_info.h"

/* How far a dialog has come (RFC 4235 §3.7.1). Not what a lamp shows first: of one dialog that one publisher calls
 * early and another confirmed, early is merely old. */
static unsigned progress_of(enum dialog_phase phase)
{
	static const unsigned progress[] = {[DIALOG_TERMINATED] = 0,
					    [DIALOG_TRYING] = 1,
					    [DIALOG_PROCEEDING] = 2,
					    [DIALOG_EARLY] = 3,
					    [DIALOG_CONFIRMED] = 4};
	return progress[phase];
}

static bool is_full(const struct dialog_entry *entry)
{
	return entry->call_id.length > 0 && entry->local_tag.length > 0 && entry->remote_tag.length > 0;
}

static bool has_same_names(const struct dialog_entry *a, const struct dialog_entry *b)
{
	return slice_equal(a->call_id, b->call_id) && slice_equal(a->local_tag, b->local_tag) &&
	       slice_equal(a->remote_tag, b->remote_tag);
}

/* Within one document, the id is the dialog (RFC 4235 §4.1.1); forks share a Call-ID and may come without tags. */
static bool is_same_for_publisher(const struct dialog_entry *a, const struct dialog_entry *b)
{
	return slice_equal(a->id, b->id) || (is_full(a) && has_same_names(a, b));
}

static bool may_be_same_tag(struct slice a, struct slice b)
{
	return slice_is_empty(a) || slice_is_empty(b) || slice_equal(a, b);
}

/* Between documents ids mean nothing. A tag that one publisher does not know (yet) is no difference. */
static bool is_same_dialog(const struct dialog_entry *a, const struct dialog_entry *b)
{
	return a->call_id.length > 0 && slice_equal(a->call_id, b->call_id) &&
	       may_be_same_tag(a->local_tag, b->local_tag) && may_be_same_tag(a->remote_tag, b->remote_tag);
}

static void fill(struct slice *empty, struct slice other)
{
	if (slice_is_empty(*empty))
		*empty = other;
}

static void fill_party(struct dialog_party *party, const struct dialog_party *other)
{
	fill(&party->identity, other->identity);
	fill(&party->display, other->display);
	if (slice_is_empty(party->target) || (!party->target_node && other->target_node)) {
		party->target = other->target;
		party->target_node = other->target_node;
	}
}

/* What one publisher does not say, the other may. */
static void fill_entry(struct dialog_entry *entry, const struct dialog_entry *other)
{
	fill(&entry->local_tag, other->local_tag);
	fill(&entry->remote_tag, other->remote_tag);
	fill(&entry->duration, other->duration);
	if (entry->direction == DIALOG_DIRECTION_UNKNOWN)
		entry->direction = other->direction;
	fill_party(&entry->local, &other->local);
	fill_party(&entry->remote, &other->remote);
}

/* Entries from `own_from` on are of the document that `entry` is of; those before it of other publishers. */
static void add(struct dialog_info *state, size_t own_from, const struct dialog_entry *entry)
{
	for (size_t i = own_from; i < state->count; i++) {
		if (is_same_for_publisher(&state->dialogs[i], entry)) {
			state->dialogs[i] = *entry; /* he said it later: also where he says that it is over */
			return;
		}
	}
	state->dialogs[state->count++] = *entry;
}

/* RFC 4235 §4.1.6.1, §4.1.6.2: identity and target are as before where nothing is said of them. (Where one of them is
 * missing, the reader has put the other in its place.) */
static void inherit_party(struct dialog_party *party, const struct dialog_party *before)
{
	bool has_identity =
		party->identity.length > 0 && !(party->target_node && party->identity.at == party->target.at);
	if (!has_identity && before->identity.length > 0) {
		party->identity = before->identity;
		fill(&party->display, before->display);
	}
	if (!party->target_node && before->target.length > 0) {
		party->target = before->target;
		party->target_node = before->target_node;
	}
}

static void change_dialog(struct dialog_info *state, struct dialog_entry entry)
{
	for (size_t i = 0; i < state->count; i++) {
		if (is_same_for_publisher(&state->dialogs[i], &entry)) {
			inherit_party(&entry.local, &state->dialogs[i].local);
			inherit_party(&entry.remote, &state->dialogs[i].remote);
		}
	}
	add(state, 0, &entry);
}

int dialog_info_merge(struct arena *arena, const struct dialog_info *kept, const struct dialog_info *change,
		      struct dialog_info *merged)
{
	struct dialog_info whole = {.entity = change->entity, .version = change->version};
	whole.dialogs = arena_allocate_zeroed(arena, kept->count + change->count + 1, sizeof *whole.dialogs);
	if (!whole.dialogs)
		return ERR_NO_MEMORY;
	/* RFC 4235 §4.3: what is over may go at any time; whoever watches has been told */
	for (size_t i = 0; i < kept->count; i++) {
		if (kept->dialogs[i].phase != DIALOG_TERMINATED)
			whole.dialogs[whole.count++] = kept->dialogs[i];
	}
	for (size_t i = 0; i < change->count; i++)
		change_dialog(&whole, change->dialogs[i]);
	if (whole.count > DIALOG_INFO_DIALOGS_MOST)
		return ERR_LIMIT;
	*merged = whole;
	return 0;
}

/* Dialogs of the newest document that others know as well are joined with theirs, so that each is there once. */
static void join(struct dialog_info *state, size_t own_from)
{
	size_t kept = own_from;
	for (size_t i = own_from; i < state->count; i++) {
		struct dialog_entry entry = state->dialogs[i];
		struct dialog_entry *twin = NULL;
		for (size_t k = 0; k < own_from && !twin; k++)
			twin = is_same_dialog(&state->dialogs[k], &entry) ? &state->dialogs[k] : NULL;
		if (!twin) {
			state->dialogs[kept++] = entry;
		} else if (progress_of(entry.phase) > progress_of(twin->phase)) {
			fill_entry(&entry, twin);
			*twin = entry;
		} else {
			fill_entry(twin, &entry);
		}
	}
	state->count = kept;
}

/* Where a dialog lives, those that are over need not be told: a full document is without them. Where none does, one of
 * them says so, to phones that look for a <dialog> (the last one: what was told most lately). */
static void drop_terminated(struct dialog_info *state)
{
	size_t kept = 0;
	for (size_t i = 0; i < state->count; i++) {
		if (state->dialogs[i].phase != DIALOG_TERMINATED)
			state->dialogs[kept++] = state->dialogs[i];
	}
	if (kept == 0 && state->count > 0)
		state->dialogs[kept++] = state->dialogs[state->count - 1];
	state->count = kept;
}

static bool is_taken(const struct dialog_info *state, size_t except, struct slice id)
{
	for (size_t i = 0; i < state->count; i++) {
		if (i != except && slice_equal(state->dialogs[i].id, id))
			return true;
	}
	return false;
}

/* "7" of the second publisher becomes "7-2", or the next number that nobody has. */
static int rename_dialog(struct arena *arena, struct dialog_info *state, size_t which)
{
	struct slice id = state->dialogs[which].id;
	struct buffer buffer;
	int result = 0;
	buffer_init(&buffer, id.length + sizeof("-18446744073709551615"));
	for (size_t number = 2; result == 0; number++) {
		buffer_clear(&buffer);
		buffer_append(&buffer, id);
		buffer_byte(&buffer, '-');
		buffer_number(&buffer, number);
		if (buffer_failed(&buffer))
			result = ERR_NO_MEMORY;
		else if (!is_taken(state, which, buffer_slice(&buffer)))
			break;
	}
	if (result == 0)
		result = arena_copy(arena, buffer_slice(&buffer), &state->dialogs[which].id);
	buffer_finish(&buffer);
	return result;
}

/* RFC 4235 §4.1.1: an id names one dialog of the document. The first to have it keeps it. */
static int make_ids_unique(struct arena *arena, struct dialog_info *state)
{
	for (size_t i = 1; i < state->count; i++) {
		bool is_second = false;
		for (size_t k = 0; k < i && !is_second; k++)
			is_second = slice_equal(state->dialogs[k].id, state->dialogs[i].id);
		int result = is_second ? rename_dialog(arena, state, i) : 0;
		if (result)
			return result;
	}
	return 0;
}

int dialog_info_compose(struct arena *arena, const struct dialog_info *documents, size_t count,
			struct dialog_info *state)
{
	struct dialog_info composed = {.entity = count > 0 ? documents[0].entity : SLICE("")};
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += documents[i].count;
	composed.dialogs = arena_allocate_zeroed(arena, total + 1, sizeof *composed.dialogs);
	if (!composed.dialogs)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		size_t own_from = composed.count;
		for (size_t k = 0; k < documents[i].count; k++)
			add(&composed, own_from, &documents[i].dialogs[k]);
		join(&composed, own_from);
	}
	drop_terminated(&composed);
	int result = make_ids_unique(arena, &composed);
	if (result == 0)
		*state = composed;
	return result;
}

bool dialog_info_has_call(const struct dialog_info *state)
{
	for (size_t i = 0; i < state->count; i++) {
		if (state->dialogs[i].phase == DIALOG_CONFIRMED)
			return true;
	}
	return false;
}
