/* Ids of what several publications bring into one document: unique in it, valid as xs:ID, and the same each time.
 *
 * An id is what the publisher wrote, as far as it may stand in one, with the number of his publication, and for what is
 * no tuple its kind: "t1-42", "d-42.device". Whatever others publish, it stays. Only where one document has the same id
 * twice, which it should not, later ones are counted: "t1-42.2". SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct presence_made_id;

/* Ids of one kind in one publication; zero but for the first two members at the beginning. */
struct presence_ids {
	uint64_t publication;
	const char *kind; /* NULL: tuples */
	struct presence_made_id *made;
	unsigned count;
};

/* ERR_NO_MEMORY. */
MUST_CHECK int presence_id_make(struct arena *arena, struct presence_ids *ids, struct slice wanted, struct slice *id);
/* Whether such an id was made of `wanted`, whoever published it. */
bool presence_id_is_of(struct slice id, struct slice wanted);
