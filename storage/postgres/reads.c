/* Gathering reads, and reading rows. SPDX-License-Identifier: MIT */
#include "reads.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct reads {
	struct storage *storage;
	struct pipeline **pipeline; /* the storage's: it is made after us */
	struct list_link waiting;   /* oldest first */
	struct list_link groups;    /* in flight */
	size_t count;
};

/* Reads that went together. */
struct read_group {
	struct list_link link;
	struct pipeline_job job;
	struct reads *owner;
	PGresult *rows;
	int64_t sent_at_ms;
	size_t count;
	struct read *reads[READ_MOST_TOGETHER];
};

struct reads *reads_create(struct storage *storage, struct pipeline **pipeline)
{
	struct reads *reads = calloc(1, sizeof(*reads));
	if (!reads)
		return NULL;
	reads->storage = storage;
	reads->pipeline = pipeline;
	list_init(&reads->waiting);
	list_init(&reads->groups);
	return reads;
}

void reads_destroy(struct reads *reads)
{
	if (!reads)
		return;
	for (struct list_link *link; (link = list_take_first(&reads->waiting));)
		free(CONTAINER_OF(link, struct read, link));
	free(reads);
}

size_t reads_count(const struct reads *reads)
{
	return reads->count;
}

struct read *reads_new(struct reads *reads, const struct read_kind *kind, size_t bytes, struct answer answer)
{
	struct storage *storage = reads->storage;
	int result = storage_admit(storage, *reads->pipeline);
	if (result == 0 && reads->count >= storage->options.queue_changes)
		result = ERR_BUSY;
	struct read *read = result == 0 ? reads_new_own(reads, kind, bytes, answer) : NULL;
	if (!read)
		storage_refuse(storage, answer, result < 0 ? result : ERR_NO_MEMORY);
	return read;
}

struct read *reads_new_own(struct reads *reads, const struct read_kind *kind, size_t bytes, struct answer answer)
{
	struct read *read = malloc(bytes);
	if (read)
		*read = (struct read){
			.kind = kind, .answer = answer, .queued_at_ms = timers_now(reads->storage->timers)};
	return read;
}

static void added(struct reads *reads)
{
	reads->count++;
	storage_watch_expiry(reads->storage);
	storage_wake(reads->storage);
}

void reads_add(struct reads *reads, struct read *read)
{
	list_append(&reads->waiting, &read->link);
	added(reads);
}

void reads_add_first(struct reads *reads, struct read *read)
{
	list_prepend(&reads->waiting, &read->link);
	added(reads);
}

/* --- sending ------------------------------------------------------------------------------------------------- */

static void on_result(struct pipeline_job *job, PGresult *result)
{
	struct read_group *group = CONTAINER_OF(job, struct read_group, job);
	PQclear(group->rows);
	group->rows = result;
}

static void drop_read(struct reads *reads, struct read *read, int result)
{
	struct answer answer = read->answer;
	reads->count--;
	free(read);
	if (result < 0)
		answer_fail(&answer, result);
}

/* Back to the head of the queue, in order. */
static void return_group(struct read_group *group)
{
	for (size_t i = group->count; i > 0; i--) {
		group->reads[i - 1]->resent = true;
		list_prepend(&group->owner->waiting, &group->reads[i - 1]->link);
	}
	if (group->count > 0)
		storage_wake(group->owner->storage);
}

static void finish_group(struct read_group *group)
{
	struct reads *owner = group->owner;
	group->reads[0]->kind->on_rows(owner->storage, group->reads, group->count, group->rows);
	for (size_t i = 0; i < group->count; i++) {
		struct read *read = group->reads[i];
		if (!read->again) {
			drop_read(owner, read, 0);
			continue;
		}
		read->again = false;
		read->queued_at_ms = timers_now(owner->storage->timers);
		list_append(&owner->waiting, &read->link);
		storage_wake(owner->storage);
	}
}

static void on_done(struct pipeline_job *job, int result)
{
	struct read_group *group = CONTAINER_OF(job, struct read_group, job);
	list_remove(&group->link);
	if (result == 0 && group->rows)
		finish_group(group);
	else if (result == ERR_STORAGE_AWAY)
		return_group(group);
	else
		for (size_t i = 0; i < group->count; i++)
			drop_read(group->owner, group->reads[i], ERR_STORAGE_REFUSED);
	PQclear(group->rows);
	free(group);
}

/* Takes the first read and those behind it that can go with it; their kind. */
static const struct read_kind *gather(struct reads *reads, struct read_group *group)
{
	const struct read_kind *kind = CONTAINER_OF(reads->waiting.next, struct read, link)->kind;
	for (struct list_link *link = reads->waiting.next, *next; link != &reads->waiting; link = next) {
		next = link->next;
		struct read *read = CONTAINER_OF(link, struct read, link);
		if (read->kind != kind)
			continue;
		list_remove(link);
		group->reads[group->count++] = read;
		if (group->count == kind->most_together)
			break;
	}
	return kind;
}

#define VIEW_SETTINGS_BYTES 64

/* In front of a view that we do not know, for its transaction; $1: how long it may take (ms). */
static const struct statement view_settings = {
	NULL,
	"SELECT set_config('statement_timeout', ($1::bigint)::text, true), set_config('enable_seqscan', 'on', true),"
	" set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)",
};

static void send_view_settings(struct reads *reads)
{
	struct parameters parameters; /* the storage's are those of the read */
	parameters_init(&parameters, VIEW_SETTINGS_BYTES);
	/* Less than a read is waited for, or the connection would be dropped; 0 would be no limit. */
	parameters_number(&parameters, reads->storage->options.wait_s * INT64_C(500) + 1);
	if (parameters_seal(&parameters))
		pipeline_send(*reads->pipeline, &view_settings, &parameters);
	else
		pipeline_drop(*reads->pipeline, error_text(ERR_NO_MEMORY));
	parameters_finish(&parameters);
}

static int send_group(struct reads *reads)
{
	struct storage *storage = reads->storage;
	struct read_group *group = calloc(1, sizeof(*group));
	if (!group)
		return ERR_NO_MEMORY;
	group->owner = reads;
	group->job = (struct pipeline_job){.on_result = on_result, .on_done = on_done};
	group->sent_at_ms = timers_now(storage->timers);
	const struct read_kind *kind = gather(reads, group);
	parameters_clear(&storage->parameters);
	int result = kind->write(storage, group->reads, group->count, &storage->parameters);
	if (result == 0 && !parameters_seal(&storage->parameters))
		result = ERR_NO_MEMORY;
	if (result < 0) {
		for (size_t i = 0; i < group->count; i++)
			drop_read(reads, group->reads[i], result);
		free(group);
		return 0;
	}
	list_append(&reads->groups, &group->link);
	pipeline_begin(*reads->pipeline, &group->job);
	if (!kind->statement->name)
		send_view_settings(reads);
	pipeline_send(*reads->pipeline, kind->statement, &storage->parameters);
	pipeline_end(*reads->pipeline);
	return 0;
}

void reads_flush(struct reads *reads)
{
	while (!list_is_empty(&reads->waiting) && pipeline_is_ready(*reads->pipeline))
		if (send_group(reads) < 0)
			break; /* without memory they wait for their expiry, or for the next flush */
}

void reads_expire(struct reads *reads, int64_t before_ms)
{
	if (!list_is_empty(&reads->groups) &&
	    CONTAINER_OF(reads->groups.next, struct read_group, link)->sent_at_ms <= before_ms)
		pipeline_drop(*reads->pipeline, "a read was not answered in time");
	while (!list_is_empty(&reads->waiting)) {
		struct read *read = CONTAINER_OF(reads->waiting.next, struct read, link);
		if (read->queued_at_ms > before_ms)
			break;
		list_remove(&read->link);
		drop_read(reads, read, ERR_STORAGE_AWAY);
	}
}

/* --- rows ---------------------------------------------------------------------------------------------------- */

int64_t row_number(const PGresult *rows, int row, int column)
{
	const char *value = PQgetvalue(rows, row, column);
	uint64_t wide;
	uint32_t narrow;
	uint16_t small;
	switch (PQgetlength(rows, row, column)) {
	case sizeof(wide):
		memcpy(&wide, value, sizeof(wide));
		return (int64_t)be64toh(wide);
	case sizeof(narrow):
		memcpy(&narrow, value, sizeof(narrow));
		return (int32_t)ntohl(narrow);
	case sizeof(small):
		memcpy(&small, value, sizeof(small));
		return (int16_t)ntohs(small);
	case 1:
		return value[0]; /* boolean */
	default:
		return 0;
	}
}

struct slice row_bytes(const PGresult *rows, int row, int column)
{
	return slice_of(PQgetvalue(rows, row, column), (size_t)PQgetlength(rows, row, column));
}

void row_digest(const PGresult *rows, int row, int column, uint8_t *digest, size_t size)
{
	struct slice bytes = row_bytes(rows, row, column);
	memset(digest, 0, size);
	if (bytes.length == size)
		memcpy(digest, bytes.at, size);
}
