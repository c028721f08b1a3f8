/* Memory for objects that live about equally long: what is allocated one after the other lies together, and when all
 * of a block is freed the block goes back to the system.
 *
 * On the common heap a burst of objects that live for seconds leaves its holes between those that live for hours, and
 * the process stays as large as it was in the burst. Not for objects of mixed lives: one that stays keeps its block.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stddef.h>

struct cohort_block;

/* Zeroed is empty. */
struct cohort {
	struct cohort_block *filling; /* NULL: none */
	struct cohort_block *spare;   /* one empty block, so that a few objects do not go to the system each time */
};

/* Zeroed memory, aligned for pointers and 64-bit numbers; NULL where memory is exhausted. */
MUST_CHECK void *cohort_allocate(struct cohort *cohort, size_t bytes);
/* Accepts NULL. */
void cohort_free(struct cohort *cohort, void *memory);
/* All of its objects have been freed. */
void cohort_finish(struct cohort *cohort);
