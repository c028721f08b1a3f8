/* A hierarchical timer wheel.
 *
 * Level n has 64 slots of 64^n ms. A timer lies on the level of the highest digit (base 64) in which its due time
 * differs from the wheel's position, in the slot of its own digit there. So whatever lies on a lower level is due
 * before everything on a higher one, slots of a level are due in their order, and a timer moves down (a cascade)
 * at most once per level on its way. Within one millisecond timers fire in the order in which they were started.
 *
 * timer_stop() does not know the wheel: it leaves the slot's bit in the occupancy map set, and the search clears
 * bits of slots that it finds empty. SPDX-License-Identifier: MIT */
#include "base/timer.h"

#include "base/attributes.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#define DIGIT_BITS 6
#define SLOTS 64
#define LEVELS 10 /* 2^60 ms are more than anybody waits */
#define MOST_MS ((UINT64_C(1) << (DIGIT_BITS * LEVELS)) - 1)

struct level {
	uint64_t occupied; /* bit n: slot n may have members */
	struct list_link slots[SLOTS];
};

struct timers {
	int64_t now_ms;
	uint64_t position_ms; /* how far the wheel has turned; behind now_ms only while timers_run is at work */
	bool running;
	struct level levels[LEVELS];
};

struct place {
	unsigned level, slot;
	uint64_t due_ms; /* the slot's first millisecond */
};

struct timers *timers_create(int64_t now_ms)
{
	struct timers *timers = calloc(1, sizeof(*timers));
	if (!timers)
		return NULL;
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned slot = 0; slot < SLOTS; slot++)
			list_init(&timers->levels[level].slots[slot]);
	}
	timers->now_ms = now_ms > 0 ? now_ms : 0;
	timers->position_ms = (uint64_t)timers->now_ms;
	return timers;
}

void timers_destroy(struct timers *timers)
{
	if (!timers)
		return;
	/* Unlinked, so that their owners may still stop them. */
	for (unsigned level = 0; level < LEVELS; level++) {
		for (unsigned slot = 0; slot < SLOTS; slot++) {
			while (list_take_first(&timers->levels[level].slots[slot]))
				;
		}
	}
	free(timers);
}

static void insert(struct timers *timers, struct timer *timer)
{
	uint64_t due = (uint64_t)timer->due_at_ms;
	uint64_t difference = (due ^ timers->position_ms) | 1; /* the highest bit of 0 is not defined */
	unsigned level = (63 - (unsigned)__builtin_clzll(difference)) / DIGIT_BITS;
	unsigned slot = (unsigned)(due >> (DIGIT_BITS * level)) & (SLOTS - 1);
	list_append(&timers->levels[level].slots[slot], &timer->link);
	timers->levels[level].occupied |= UINT64_C(1) << slot;
}

void timer_start(struct timers *timers, struct timer *timer, int64_t delay_ms, timer_fn *fire)
{
	uint64_t now = (uint64_t)timers->now_ms;
	uint64_t delay = delay_ms > 0 ? (uint64_t)delay_ms : 0;
	/* What is started while others fire waits for the next run, else a delay of 0 would never let it end. */
	if (timers->running && delay == 0)
		delay = 1;
	list_remove(&timer->link);
	timer->due_at_ms = (int64_t)(delay < MOST_MS - now ? now + delay : MOST_MS);
	timer->fire = fire;
	insert(timers, timer);
}

void timer_stop(struct timer *timer)
{
	list_remove(&timer->link);
}

int64_t timers_now(const struct timers *timers)
{
	return timers->now_ms;
}

static uint64_t slot_due_ms(const struct timers *timers, unsigned level, unsigned slot)
{
	uint64_t digit_and_below = (UINT64_C(1) << (DIGIT_BITS * (level + 1))) - 1;
	return (timers->position_ms & ~digit_and_below) | (uint64_t)slot << (DIGIT_BITS * level);
}

/* The first slot that has members: on the lowest level that has any, its lowest. */
static bool find_first(const struct timers *timers, struct place *place)
{
	for (unsigned level = 0; level < LEVELS; level++) {
		for (uint64_t bits = timers->levels[level].occupied; bits != 0; bits &= bits - 1) {
			unsigned slot = (unsigned)__builtin_ctzll(bits);
			if (list_is_empty(&timers->levels[level].slots[slot]))
				continue;
			*place = (struct place){level, slot, slot_due_ms(timers, level, slot)};
			return true;
		}
	}
	return false;
}

/* Clears the bits that stopped timers left in front of `place`, so that no search meets them twice. */
static void forget_before(struct timers *timers, const struct place *place)
{
	for (unsigned level = 0; level < place->level; level++)
		timers->levels[level].occupied = 0;
	timers->levels[place->level].occupied &= ~UINT64_C(0) << place->slot;
}

static void forget_all(struct timers *timers)
{
	for (unsigned level = 0; level < LEVELS; level++)
		timers->levels[level].occupied = 0;
}

static void turn_to(struct timers *timers, const struct place *place)
{
	struct list_link members;
	list_init(&members);
	list_splice(&members, &timers->levels[place->level].slots[place->slot]);
	timers->levels[place->level].occupied &= ~(UINT64_C(1) << place->slot);
	timers->position_ms = place->due_ms;

	struct list_link *link;
	while ((link = list_take_first(&members)) != NULL) {
		struct timer *timer = CONTAINER_OF(link, struct timer, link);
		if (place->level == 0)
			timer->fire(timer);
		else
			insert(timers, timer);
	}
}

void timers_run(struct timers *timers, int64_t now_ms)
{
	assert(!timers->running);
	if (now_ms > timers->now_ms)
		timers->now_ms = now_ms;
	uint64_t now = (uint64_t)timers->now_ms;
	struct place place;
	bool found;
	timers->running = true;
	while ((found = find_first(timers, &place))) {
		forget_before(timers, &place);
		if (place.due_ms > now)
			break;
		turn_to(timers, &place);
	}
	if (!found)
		forget_all(timers);
	/* No occupied slot lies between: every timer keeps the place that it would get from here. */
	timers->position_ms = now;
	timers->running = false;
}

int64_t timers_wait_ms(const struct timers *timers)
{
	struct place place;
	if (!find_first(timers, &place))
		return -1;
	return place.due_ms > timers->position_ms ? (int64_t)(place.due_ms - timers->position_ms) : 0;
}
