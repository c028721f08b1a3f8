/* A set of keys, filled once at start. A key is 16 bytes of SipHash under two secrets: a mistake would need a collision
 * that nobody can aim at. SPDX-License-Identifier: MIT */
#include "features/recognition.h"

#include "base/error.h"
#include "base/table.h"
#include "core/clock.h"
#include "sip/status.h"

#include <stdlib.h>

enum {
	LOOK_BACK_MS = 300 * 1000, /* a client transaction ends after 32 s; clients that repeat by hand are slower */
	FORGET_AFTER_MS = 300 * 1000,
	MOST = 500000
};

struct recognised {
	struct table_link link;
	uint64_t check; /* second hash */
	bool taken;
};

struct recognition {
	struct timers *timers;
	struct storage *storage;
	struct log *log;
	struct table table, second; /* the second one only lends its secret */
	struct timer forget;
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
};

struct recognition *recognition_create(struct timers *timers, struct storage *storage, struct log *log)
{
	struct recognition *recognition = calloc(1, sizeof *recognition);
	if (!recognition)
		return NULL;
	recognition->timers = timers;
	recognition->storage = storage;
	recognition->log = log;
	if (table_init(&recognition->table) != 0 || table_init(&recognition->second) != 0) {
		recognition_destroy(recognition);
		return NULL;
	}
	return recognition;
}

static bool drop(struct table_link *link, void *arg)
{
	struct recognition *recognition = arg;
	table_remove(&recognition->table, link);
	free(CONTAINER_OF(link, struct recognised, link));
	return true;
}

static void on_forget(struct timer *timer)
{
	struct recognition *recognition = CONTAINER_OF(timer, struct recognition, forget);
	table_each(&recognition->table, drop, recognition);
}

void recognition_destroy(struct recognition *recognition)
{
	if (!recognition)
		return;
	timer_stop(&recognition->forget);
	table_each(&recognition->table, drop, recognition);
	table_finish(&recognition->table);
	table_finish(&recognition->second);
	free(recognition);
}

/* The two hashes of a message's identity; lengths stand between the texts, so that they cannot run together. */
static void hash_identity(const struct recognition *recognition, int64_t receiver_id, struct slice sender,
			  struct slice call_id, uint32_t cseq, uint64_t hashes[2])
{
	const struct table *const tables[2] = {&recognition->table, &recognition->second};
	for (int i = 0; i < 2; i++) {
		uint64_t parts[5] = {(uint64_t)receiver_id, cseq, sender.length,
				     table_hash(tables[i], sender.at, sender.length),
				     table_hash(tables[i], call_id.at, call_id.length)};
		hashes[i] = table_hash(tables[i], parts, sizeof parts);
	}
}

static bool has_check(const struct table_link *link, const void *key)
{
	return CONTAINER_OF(link, const struct recognised, link)->check == *(const uint64_t *)key;
}

static void on_recent(void *arg, int64_t receiver_id, struct slice sender, struct slice call_id, uint32_t cseq,
		      bool taken)
{
	struct recognition *recognition = arg;
	struct recognised *recognised = calloc(1, sizeof *recognised);
	if (!recognised)
		return; /* told by on_all_loaded's count; the row itself still stops a second copy in the store */
	uint64_t hashes[2];
	hash_identity(recognition, receiver_id, sender, call_id, cseq, hashes);
	recognised->check = hashes[1];
	recognised->taken = taken;
	table_insert(&recognition->table, &recognised->link, hashes[0]);
}

static void on_all_loaded(void *arg, int result)
{
	struct recognition *recognition = arg;
	timer_start(recognition->timers, &recognition->forget, FORGET_AFTER_MS, on_forget);
	if (result == 0)
		log_event(recognition->log, LOG_INFO, "recent_messages_loaded", NULL, "%zu messages will be recognised",
			  recognition->table.count);
	recognition->on_loaded(recognition->on_loaded_arg, result);
}

void recognition_load(struct recognition *recognition, storage_done_fn *done, void *arg)
{
	recognition->on_loaded = done;
	recognition->on_loaded_arg = arg;
	storage_load_recent(recognition->storage, clock_unix_ms() - LOOK_BACK_MS, MOST, on_recent, on_all_loaded,
			    recognition);
}

unsigned recognition_find(const struct recognition *recognition, int64_t receiver_id, struct slice sender,
			  struct slice call_id, uint32_t cseq)
{
	if (recognition->table.count == 0)
		return 0;
	uint64_t hashes[2];
	hash_identity(recognition, receiver_id, sender, call_id, cseq, hashes);
	const struct table_link *link = table_find(&recognition->table, hashes[0], has_check, &hashes[1]);
	if (!link)
		return 0;
	return CONTAINER_OF(link, const struct recognised, link)->taken ? SIP_OK : SIP_ACCEPTED;
}
