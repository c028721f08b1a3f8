/* Views: what the permissions of RFC 5025 §3.3 let somebody see, as bits for what is given or not, and as picks for
 * what is named (services with a URI, devices of a class, attributes that no RFC knows).
 *
 * Bits and picks of several rules are joined (RFC 4745 §10.2: the highest value, the union). A view's text is
 * canonical, so that watchers with the same permissions share one body. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum view_shown {
	/* Whole kinds of elements (§3.3.1) */
	SHOWN_DEVICES = 1 << 0,
	SHOWN_PERSONS = 1 << 1,
	SHOWN_SERVICES = 1 << 2,
	/* Attributes of those that are shown (§3.3.2) */
	SHOWN_ACTIVITIES = 1 << 3,
	SHOWN_CLASS = 1 << 4,
	SHOWN_DEVICE_ID = 1 << 5,
	SHOWN_MOOD = 1 << 6,
	SHOWN_PLACE_IS = 1 << 7,
	SHOWN_PLACE_TYPE = 1 << 8,
	SHOWN_PRIVACY = 1 << 9,
	SHOWN_RELATIONSHIP = 1 << 10,
	SHOWN_SPHERE = 1 << 11,
	SHOWN_STATUS_ICON = 1 << 12,
	SHOWN_TIME_OFFSET = 1 << 13,
	SHOWN_NOTE = 1 << 14,
	/* §3.3.2.12: each has those before it, so that the highest of several values is their union */
	SHOWN_INPUT_BARE = 1 << 15,
	SHOWN_INPUT_THRESHOLDS = SHOWN_INPUT_BARE | 1 << 16,
	SHOWN_INPUT_FULL = SHOWN_INPUT_THRESHOLDS | 1 << 17,
	SHOWN_ALL_ATTRIBUTES = 1 << 18,
	SHOWN_EVERYTHING = SHOWN_DEVICES | SHOWN_PERSONS | SHOWN_SERVICES | SHOWN_ALL_ATTRIBUTES
};

/* Picks are lines: what is picked, by what, and the value. */
#define PICK_DEVICE_CLASS "dc"
#define PICK_DEVICE_ID "di"
#define PICK_DEVICE_OCCURRENCE "do"
#define PICK_PERSON_CLASS "pc"
#define PICK_PERSON_OCCURRENCE "po"
#define PICK_SERVICE_CLASS "sc"
#define PICK_SERVICE_OCCURRENCE "so"
#define PICK_SERVICE_URI "su"
#define PICK_SERVICE_SCHEME "ss"
#define PICK_ATTRIBUTE "an" /* "name namespace" */
#define PICK_KIND_BYTES 2

struct presence_view {
	unsigned shown;     /* enum view_shown */
	struct slice picks; /* lines, each with its end */
};

/* Takes the next pick off `picks`; false where there is none. */
bool presence_view_next(struct slice *picks, struct slice *kind, struct slice *value);
/* The canonical text, in the arena; empty: everything is shown. `picks` are texts of lines, in any order.
 * ERR_NO_MEMORY.
 */
MUST_CHECK int presence_view_write(struct arena *arena, unsigned shown, const struct slice *picks, size_t count,
				   struct slice *text);
/* A text that is no view shows nothing. */
struct presence_view presence_view_read(struct slice text);
