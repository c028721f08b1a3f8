/* Decisions about watchers, written and read. SPDX-License-Identifier: MIT */
#include "presence/decisions.h"

#include "base/error.h"
#include "documents/watch_rules.h"

#include <stdio.h>
#include <stdlib.h>

/* --- packages ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *package, *document;
} packages[DECIDED_COUNT] = {
	[DECIDED_PRESENCE] = {"presence", "index"},
	[DECIDED_DIALOG] = {"dialog", "dialog"},
	[DECIDED_MESSAGE_SUMMARY] = {"message-summary", "message-summary"},
	[DECIDED_REGISTRATION] = {"reg", "reg"},
};

const char *decided_package_name(enum decided_package which)
{
	return packages[which].package;
}

bool decided_package_find(struct slice name, enum decided_package *which)
{
	for (int i = 0; i < DECIDED_COUNT; i++)
		if (slice_equal_nocase(name, slice_text(packages[i].package))) {
			*which = (enum decided_package)i;
			return true;
		}
	return false;
}

struct slice decided_package_document(enum decided_package which)
{
	return slice_text(packages[which].document);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

struct decision_work {
	struct document_store *documents;
	struct decisions_change change; /* its texts stand behind */
	int next;                       /* package */
	struct buffer text;
	int result;
	struct body_error error;
	decisions_done_fn *done;
	void *arg;
	char texts[];
};

static void work_free(void *arg)
{
	struct decision_work *work = arg;
	buffer_finish(&work->text);
	free(work);
}

static void finish(struct decision_work *work)
{
	work->done(work->arg, work->result, work->error.sentence);
	work_free(work);
}

static int write_rules(struct decision_work *work, struct slice document)
{
	const struct decisions_change *change = &work->change;
	const struct decision *to = &change->to[work->next];
	const struct xml_limits *limits = document_store_limits(work->documents);
	int result = to->is_made ? watch_rules_set(document, change->watcher, to->handling, limits, &work->text,
						   &work->error)
				 : watch_rules_forget(document, change->watcher, limits, &work->text, &work->error);
	return result == ERR_BUSY ? ERR_EXISTS : result;
}

static int judge(struct decision_work *work)
{
	struct document_verdict verdict;
	document_store_judge(work->documents, work->change.user, SLICE(DECISIONS_APPLICATION),
			     decided_package_document((enum decided_package)work->next), buffer_slice(&work->text),
			     &verdict);
	if (verdict.fault == FAULT_NONE)
		return 0;
	work->error = verdict.error;
	return verdict.fault == FAULT_NO_MEMORY   ? ERR_NO_MEMORY
	       : verdict.fault == FAULT_TOO_LARGE ? ERR_LIMIT
						  : ERR_SYNTAX;
}

static enum document_decision edit(void *arg, const struct document *before, struct slice *after)
{
	struct decision_work *work = arg;
	buffer_clear(&work->text);
	work->result = write_rules(work, before ? before->body : SLICE(""));
	if (work->result == 0 && work->text.length > 0)
		work->result = judge(work);
	if (work->result != 0 || work->text.length == 0)
		return DOCUMENT_KEEP;
	*after = buffer_slice(&work->text);
	return DOCUMENT_WRITE;
}

static void go_on(struct decision_work *work);

static void on_changed(void *arg, int result, const struct document *document, const char *sentence)
{
	struct decision_work *work = arg;
	(void)document;
	if (work->result == 0 && result != 0) {
		work->result = result;
		(void)snprintf(work->error.sentence, sizeof work->error.sentence, "%s", sentence);
	}
	work->next++;
	if (work->result == 0)
		go_on(work);
	else
		finish(work);
}

static void go_on(struct decision_work *work)
{
	while (work->next < DECIDED_COUNT && !work->change.is_changed[work->next])
		work->next++;
	if (work->next == DECIDED_COUNT) {
		finish(work);
		return;
	}
	struct document_change change = {.user = work->change.user,
					 .application = SLICE(DECISIONS_APPLICATION),
					 .name = decided_package_document((enum decided_package)work->next),
					 .edit = edit,
					 .done = on_changed,
					 .forgotten = work_free,
					 .arg = work};
	document_change(work->documents, &change);
}

void decisions_set(struct document_store *documents, const struct decisions_change *change, decisions_done_fn *done,
		   void *arg)
{
	size_t user_length = change->user.length, watcher_length = change->watcher.length;
	struct decision_work *work = calloc(1, sizeof *work + user_length + watcher_length);
	if (!work) {
		done(arg, ERR_NO_MEMORY, "");
		return;
	}
	work->documents = documents;
	work->change = *change;
	if (user_length > 0)
		memcpy(work->texts, change->user.at, user_length);
	if (watcher_length > 0)
		memcpy(work->texts + user_length, change->watcher.at, watcher_length);
	work->change.user = slice_of(work->texts, user_length);
	work->change.watcher = slice_of(work->texts + user_length, watcher_length);
	work->done = done;
	work->arg = arg;
	buffer_init(&work->text, document_store_limits(documents)->bytes);
	go_on(work);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* What one document says of one watcher. */
struct read_decision {
	struct read_decision *next;
	enum decided_package which;
	struct watch_decision decision;
};

struct reading {
	struct arena *arena;
	enum decided_package which;
	struct read_decision *first;
	size_t count;
	int result;
};

static void on_decision(void *arg, const struct watch_decision *decision)
{
	struct reading *reading = arg;
	if (reading->result != 0)
		return;
	struct read_decision *read = arena_allocate_zeroed(reading->arena, 1, sizeof *read);
	reading->result = read ? 0 : ERR_NO_MEMORY;
	if (!read)
		return;
	*read = (struct read_decision){.next = reading->first, .which = reading->which, .decision = *decision};
	if (arena_copy(reading->arena, decision->uri, &read->decision.uri) != 0 ||
	    arena_copy(reading->arena, decision->user, &read->decision.user) != 0 ||
	    arena_copy(reading->arena, decision->domain, &read->decision.domain) != 0)
		reading->result = ERR_NO_MEMORY;
	reading->first = read;
	reading->count++;
}

static int compare_watchers(const struct watch_decision *a, const struct watch_decision *b)
{
	int order = slice_compare(a->domain, b->domain);
	return order != 0 ? order : slice_compare(a->user, b->user);
}

static int compare(const void *a, const void *b)
{
	const struct read_decision *const *one = a, *const *other = b;
	int order = compare_watchers(&(*one)->decision, &(*other)->decision);
	return order != 0 ? order : (int)(*one)->which - (int)(*other)->which;
}

static size_t gather(struct read_decision *const *sorted, size_t count, struct decided_watcher *watchers)
{
	size_t watcher_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct watch_decision *decision = &sorted[i]->decision;
		if (i == 0 || compare_watchers(&sorted[i - 1]->decision, decision) != 0)
			watchers[watcher_count++] = (struct decided_watcher){
				.uri = decision->uri, .user = decision->user, .domain = decision->domain};
		watchers[watcher_count - 1].of[sorted[i]->which] =
			(struct decision){.is_made = true, .handling = decision->handling};
	}
	return watcher_count;
}

static int sort(const struct reading *reading, const struct decided_watcher **watchers, size_t *count)
{
	struct read_decision **sorted =
		arena_allocate_zeroed(reading->arena, reading->count + 1, sizeof(struct read_decision *));
	struct decided_watcher *gathered = arena_allocate_zeroed(reading->arena, reading->count + 1, sizeof *gathered);
	if (!sorted || !gathered)
		return ERR_NO_MEMORY;
	size_t read_count = 0;
	for (struct read_decision *read = reading->first; read; read = read->next)
		sorted[read_count++] = read;
	qsort(sorted, read_count, sizeof(struct read_decision *), compare);
	*watchers = gathered;
	*count = gather(sorted, read_count, gathered);
	return 0;
}

int decisions_read(struct document_store *documents, struct slice user, struct arena *arena,
		   const struct decided_watcher **watchers, size_t *count, struct body_error *error)
{
	struct reading reading = {.arena = arena};
	for (int which = 0; which < DECIDED_COUNT; which++) {
		reading.which = (enum decided_package)which;
		const struct document *document = document_find(documents, user, SLICE(DECISIONS_APPLICATION),
								decided_package_document(reading.which));
		if (!document)
			continue;
		int result = watch_rules_each(document->body, document_store_limits(documents), on_decision, &reading,
					      error);
		if (result == 0)
			result = reading.result;
		if (result != 0)
			return result;
	}
	return sort(&reading, watchers, count);
}
