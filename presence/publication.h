/* Inside the event core: publications as objects (publications.c), and changes to them (publication_change.c), whoever
 * asks for them: a PUBLISH (publication.c) or the server itself (publication_put.c).
 *
 *   PUBLISH ─▶ publication.c ──────┐
 *                                  ├─▶ begin ─▶ commit ─▶ row ─▶ memory ─▶ announced, answered
 *   API … ─▶ publication_put.c ────┘
 *
 * Of each publication one change at a time is under way. Rows are leases: they are written to be good for twice the
 * time granted, so a refresh that moves only the expiry needs no write while the row outlives it. After a start a
 * publication ends when its row does, or when the granted time has passed, whichever is first.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/entity_tag.h"
#include "presence/events_state.h"

/* --- objects --- */

/* NULL where there is none. */
struct publication *publication_find(const struct events *events, int64_t id);
/* With a new id (0) or that one; of no state yet: it counts from its first commit on. NULL where memory is exhausted.
 */
struct publication *publication_create(struct events *events, struct resource *resource, int64_t id);
/* ERR_NO_MEMORY: all is as it was. */
MUST_CHECK int publication_set_texts(struct publication *publication, struct slice content_type, struct slice source,
				     struct slice body);
/* Lives `lives_ms` from now. */
void publication_start_timer(struct publication *publication, int64_t lives_ms);
/* Moves it behind all others of its resource: it was changed last. */
void publication_move_last(struct publication *publication);
/* It ends in memory; its resource goes with it where it was its last, and else is announced where `tells`. */
void publication_end(struct publication *publication, bool tells);
/* The same with its row. */
void publication_remove(struct publication *publication);
/* The resource is announced, and whoever else makes use of it told. */
void publications_announce(struct events *events, struct resource *resource);

/* --- changes --- */

enum publication_action { PUBLICATION_MAKE, PUBLICATION_REFRESH, PUBLICATION_MODIFY, PUBLICATION_REMOVE };

/* Good until `finished` is called, once, perhaps within publication_change_commit. */
struct publication_change {
	struct publication_change *next; /* a change that waits behind this one; its owner's */
	struct events *events;
	void (*finished)(struct publication_change *change, int result);
	enum publication_action action;
	int64_t id;        /* of the publication */
	uint32_t revision; /* that it will have */
	uint32_t granted_s;
	int64_t publisher_id, device_id;
	bool was_registered; /* the device */
	struct slice content_type, source, body;
};

/* The publication is busy from now on. */
void publication_change_begin(struct publication_change *change, struct publication *publication);
/* Writes the row where one is needed, then changes the publication, announces it, and calls `finished` with 0,
 * ERR_NOT_FOUND (it is gone meanwhile), ERR_NO_MEMORY, or storage's codes. */
void publication_change_commit(struct publication_change *change);
/* Instead of it, where it cannot be: nothing changes, `finished` gets the result. */
void publication_change_fail(struct publication_change *change, int result);
/* The revision behind that one. */
uint32_t publication_next_revision(uint32_t revision);
