/* The queue of changes and the batch in flight. SPDX-License-Identifier: MIT */
#include "batch.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* The changes of one batch, unless it is a single one: what is written is held three times until it is sent. */
#define BATCH_BYTES_MOST ((size_t)16 << 20)

static const struct batch_step *const steps[] = {
	&messages_step_save,        &messages_step_check,      &messages_step_settle,       &devices_step_forget,
	&bindings_step_devices,     &bindings_step_save,       &bindings_step_remove,       &subscriptions_step_save,
	&subscriptions_step_remove, &publications_step_save,   &publications_step_remove,   &mailboxes_step_save,
	&mailboxes_step_save_users, &watch_requests_step_save, &watch_requests_step_remove, &documents_step_remove,
	&documents_step_save,       &icons_step_save,          &icons_step_remove,          &sessions_step_save,
	&sessions_step_use,         &sessions_step_remove,
};

struct batch {
	struct storage *storage;
	struct list_link waiting; /* oldest first */
	size_t waiting_count;
	struct change **flying; /* the batch being committed */
	size_t flying_count;
	struct pipeline_job job;
	int64_t sent_at_ms;
	unsigned answering; /* the next answer's place in sent_steps */
	size_t most;        /* changes in the next batch: fewer after a refusal, then growing again */
	uint64_t committed, batches, refused;
	unsigned sent_count;
	const struct batch_step *sent_steps[ARRAY_SIZE(steps)];
	const struct statement *statements[ARRAY_SIZE(steps)];
};

static void on_result(struct pipeline_job *job, PGresult *result);
static void on_done(struct pipeline_job *job, int result);

struct batch *batch_create(struct storage *storage)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	if (!batch)
		return NULL;
	batch->storage = storage;
	list_init(&batch->waiting);
	batch->most = storage->options.batch_changes;
	batch->job.on_result = on_result;
	batch->job.on_done = on_done;
	batch->flying = calloc(batch->most, sizeof(struct change *));
	if (!batch->flying) {
		free(batch);
		return NULL;
	}
	return batch;
}

void batch_destroy(struct batch *batch)
{
	if (!batch)
		return;
	for (struct list_link *link; (link = list_take_first(&batch->waiting));)
		free(CONTAINER_OF(link, struct change, link));
	free(batch->flying);
	free(batch);
}

size_t batch_count(const struct batch *batch)
{
	return batch->waiting_count + batch->flying_count;
}

/* --- taking changes ------------------------------------------------------------------------------------------ */

struct change *batch_new_change(struct batch *batch, enum change_kind kind, size_t bytes, storage_done_fn *done,
				void *arg)
{
	struct storage *storage = batch->storage;
	int result = storage_admit(storage, storage->changes);
	if (result == 0 && batch_count(batch) >= storage->options.queue_changes)
		result = ERR_BUSY;
	struct change *change = result == 0 ? malloc(bytes) : NULL;
	if (!change) {
		struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
		storage_refuse(storage, answer, result < 0 ? result : ERR_NO_MEMORY);
		return NULL;
	}
	*change = (struct change){
		.kind = kind, .bytes = bytes, .done = done, .arg = arg, .queued_at_ms = timers_now(storage->timers)};
	return change;
}

void batch_add(struct batch *batch, struct change *change)
{
	list_append(&batch->waiting, &change->link);
	batch->waiting_count++;
	storage_watch_expiry(batch->storage);
	storage_wake(batch->storage);
}

/* --- sending ------------------------------------------------------------------------------------------------- */

static void take_flying(struct batch *batch)
{
	size_t bytes = 0;
	while (batch->flying_count < batch->most && batch->waiting_count > 0) {
		struct change *change = CONTAINER_OF(batch->waiting.next, struct change, link);
		bytes += change->bytes;
		if (bytes > BATCH_BYTES_MOST && batch->flying_count > 0)
			break;
		list_remove(&change->link);
		batch->flying[batch->flying_count++] = change;
		batch->waiting_count--;
	}
}

/* The batch goes back to the head of the queue, in its order. */
static void return_flying(struct batch *batch, bool resent)
{
	while (batch->flying_count > 0) {
		struct change *change = batch->flying[--batch->flying_count];
		change->resent = change->resent || resent;
		change->result = 0;
		list_prepend(&batch->waiting, &change->link);
		batch->waiting_count++;
	}
}

static int send_step(struct batch *batch, const struct batch_step *step)
{
	struct storage *storage = batch->storage;
	size_t rows = 0;
	parameters_clear(&storage->parameters);
	int result = step->write(batch->flying, batch->flying_count, &storage->parameters, &rows);
	if (result < 0 || rows == 0)
		return result;
	if (!parameters_seal(&storage->parameters))
		return ERR_NO_MEMORY;
	pipeline_send(storage->changes, step->statement, &storage->parameters);
	batch->sent_steps[batch->sent_count++] = step;
	return 0;
}

void batch_flush(struct batch *batch)
{
	struct storage *storage = batch->storage;
	if (batch->flying_count > 0 || batch->waiting_count == 0 || !pipeline_is_ready(storage->changes))
		return;
	take_flying(batch);
	batch->sent_at_ms = timers_now(storage->timers);
	batch->sent_count = batch->answering = 0;
	int result = 0;
	pipeline_begin(storage->changes, &batch->job);
	for (unsigned i = 0; i < ARRAY_SIZE(steps) && result == 0; i++)
		result = send_step(batch, steps[i]);
	if (result < 0) {
		/* What was sent of a batch that cannot be written must not be committed; a smaller one may find memory.
		 */
		batch->most = batch->flying_count > 1 ? batch->flying_count / 2 : 1;
		pipeline_drop(storage->changes, error_text(result));
	}
	pipeline_end(storage->changes);
}

/* --- answers ------------------------------------------------------------------------------------------------- */

static void on_result(struct pipeline_job *job, PGresult *result)
{
	struct batch *batch = CONTAINER_OF(job, struct batch, job);
	const struct batch_step *step = batch->sent_steps[batch->answering++];
	if (step->read)
		step->read(batch->flying, batch->flying_count, result);
	PQclear(result);
}

/* What a refusal says about the batch, by the class of its SQLSTATE (PostgreSQL, appendix A). */
enum verdict { VERDICT_FAULTY, VERDICT_AGAIN, VERDICT_AWAY };

static enum verdict judge(const char *sqlstate)
{
	static const char *const away_classes[] = {"08", "25", "28", "3D", "42", "53", "57", "58"};
	if (strncmp(sqlstate, "40", 2) == 0)
		return VERDICT_AGAIN; /* a deadlock with another node, a serialization failure */
	for (size_t i = 0; i < ARRAY_SIZE(away_classes); i++)
		if (strncmp(sqlstate, away_classes[i], 2) == 0)
			return VERDICT_AWAY; /* no space, read-only, shutting down, no schema: no change is at fault */
	return VERDICT_FAULTY;
}

/* The next batch is on its way before the callbacks of this one run. */
static void answer_flying(struct batch *batch, int refusal)
{
	struct list_link answered;
	list_init(&answered);
	for (size_t i = 0; i < batch->flying_count; i++)
		list_append(&answered, &batch->flying[i]->link);
	batch->flying_count = 0;
	if (batch->most < batch->storage->options.batch_changes / 2)
		batch->most *= 2;
	else
		batch->most = batch->storage->options.batch_changes;
	batch_flush(batch);
	for (struct list_link *link; (link = list_take_first(&answered));) {
		struct change *change = CONTAINER_OF(link, struct change, link);
		if (refusal < 0)
			batch->refused++;
		else
			batch->committed++;
		change->done(change->arg, refusal < 0 ? refusal : change->result);
		free(change);
	}
}

static void on_refused(struct batch *batch)
{
	switch (judge(batch->job.sqlstate)) {
	case VERDICT_AGAIN:
		return_flying(batch, false);
		storage_wake(batch->storage);
		break;
	case VERDICT_AWAY:
		return_flying(batch, false);
		pipeline_drop(batch->storage->changes, "the database takes no changes");
		break;
	case VERDICT_FAULTY:
		if (batch->flying_count == 1) {
			answer_flying(batch, ERR_STORAGE_REFUSED);
			break;
		}
		batch->most = batch->flying_count / 2;
		return_flying(batch, false);
		batch_flush(batch);
		break;
	}
}

static void on_done(struct pipeline_job *job, int result)
{
	struct batch *batch = CONTAINER_OF(job, struct batch, job);
	batch->batches++;
	if (result == 0)
		answer_flying(batch, 0);
	else if (result == ERR_STORAGE_REFUSED)
		on_refused(batch);
	else
		return_flying(batch, true);
}

void batch_expire(struct batch *batch, int64_t before_ms)
{
	struct pipeline *pipeline = batch->storage->changes;
	if (batch->flying_count > 0 && batch->sent_at_ms <= before_ms)
		pipeline_drop(pipeline, "a batch was not answered in time");
	if (pipeline_is_ready(pipeline))
		return;
	while (batch->waiting_count > 0) {
		struct change *change = CONTAINER_OF(batch->waiting.next, struct change, link);
		if (change->queued_at_ms > before_ms)
			break;
		list_remove(&change->link);
		batch->waiting_count--;
		change->done(change->arg, ERR_STORAGE_AWAY);
		free(change);
	}
}

void batch_describe(const struct batch *batch, struct buffer *buffer)
{
	buffer_format(buffer,
		      "changes: %zu waiting, %zu being committed, %llu committed in %llu batches, %llu refused\n",
		      batch->waiting_count, batch->flying_count, (unsigned long long)batch->committed,
		      (unsigned long long)batch->batches, (unsigned long long)batch->refused);
}

const struct statement *const *batch_statements(struct batch *batch, size_t *count)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
		batch->statements[i] = steps[i]->statement;
	*count = ARRAY_SIZE(steps);
	return batch->statements;
}
