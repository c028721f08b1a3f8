/* Messages that came in shortly before this process started: a sender whose answer a crash ate repeats his MESSAGE, and
 * it is answered from its row instead of being delivered again. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/timer.h"
#include "storage/storage.h"

struct recognition;

/* NULL where memory is exhausted. */
struct recognition *recognition_create(struct timers *timers, struct storage *storage, struct log *log);
void recognition_destroy(struct recognition *recognition);
/* Loads the rows of the last minutes, once; they are forgotten some minutes later. */
void recognition_load(struct recognition *recognition, storage_done_fn *done, void *arg);

/* The status to answer a repeated MESSAGE with: 200 where a device has it, 202 where it is kept; 0: it is new. */
unsigned recognition_find(const struct recognition *recognition, int64_t receiver_id, struct slice sender,
			  struct slice call_id, uint32_t cseq);
