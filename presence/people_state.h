/* What the packages of people share: who of a user's devices is there, and which of his publications count.
 *
 * A publication of a device that was registered, and is so no more, does not count until the device is back: its state
 * is that of a page that was closed. A connection that went may come back, so such a device counts as there for a
 * while. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"
#include "bodies/xml.h"
#include "presence/packages.h"
#include "presence/resource.h"

struct people {
	struct events *events;
	const struct events_parts *parts;
	struct people_options options;
	const struct manipulations *manipulations; /* NULL: nobody sets his presence by hand */
	struct table persons;                      /* by user */
};

/* A user whose presence or dialogs somebody watches: what he was last told to be. */
struct person {
	struct table_link link;
	struct people *people;
	struct timer grace; /* until a device that lost its connection counts as gone */
	uint64_t presence_digest, dialog_digest;
	int64_t registered_since_ms; /* since 1970; 0: not known */
	bool is_presence_composed, is_dialog_composed;
	bool is_registered, is_in_call;
	uint16_t user_length;
	char user[];
};

/* --- people.c --- */

/* NULL where there is none. */
struct person *people_find(const struct people *people, struct slice user);
/* Made where he is new; NULL where memory is exhausted. */
struct person *people_get(struct people *people, struct slice user);
/* For on_watched of both packages: he goes when nobody looks at him any more. */
void people_on_watched(void *arg, struct resource *resource, bool is_watched);
/* He is looked at again when the next of his devices counts as gone. */
void people_schedule(struct person *person);

/* --- people_standing.c --- */

/* In memory with its bindings, or NULL: then none of his devices is there. */
struct account *people_account(const struct people *people, struct slice user);
/* Reachable, or not long since. */
bool people_device_is_there(const struct people *people, const struct device *device);
/* When the first of those that are not reachable counts as gone (monotonic); 0: there is none. */
int64_t people_grace_ends_at_ms(const struct people *people, const struct account *account);
/* The next publication that counts, as publication_next. `account` may be NULL. */
const struct publication *people_next_counted(const struct people *people, const struct resource *resource,
					      const struct account *account, const struct publication *previous);
/* A device of his is there. */
bool people_has_device(const struct people *people, const struct account *account);
/* A device is there that publishes nothing of the resource itself. */
bool people_has_silent_device(const struct people *people, const struct resource *resource,
			      const struct account *account);
/* Changes when another set of publications counts (`resource` may be NULL), or with the silent devices. */
uint64_t people_digest(const struct people *people, const struct resource *resource, const struct account *account,
		       bool with_devices);

/* --- packages --- */

/* Bounds of what is published, and of the tree that one document becomes. */
extern const struct xml_limits people_xml_limits;
#define PEOPLE_DOCUMENT_MOST ((size_t)4 << 20)
/* The status for what a parser said of a body; fills a sentence that is missing. */
unsigned people_judged(int result, struct body_error *error);
/* Whether he is in a call, by his dialog publications. ERR_NO_MEMORY. */
MUST_CHECK int people_read_call(const struct people *people, struct slice user, struct arena *arena, bool *is_in_call);
/* on_published of dialog: it may have begun or ended a call, which presence tells too. */
void people_on_dialogs(void *arg, struct resource *resource);
