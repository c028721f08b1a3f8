/* So many in a second, and not all at the beginning of it: for what is sent after a start. SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdint.h>

/* Ten times a second there is a turn. */
enum { PACE_TURN_MS = 100, PACE_TURNS = 1000 / PACE_TURN_MS };

struct pace {
	unsigned left_over; /* tenths, from the turn before */
};

/* How many are due in this turn. */
static inline unsigned pace_turn(struct pace *pace, unsigned per_second)
{
	unsigned tenths = pace->left_over + per_second;
	pace->left_over = tenths % PACE_TURNS;
	return tenths / PACE_TURNS;
}
