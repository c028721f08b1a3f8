/* The event packages of people and their devices; message-summary is in mailboxes.h. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "presence/event_package.h"
#include "presence/events.h"

/* What presence, dialog and reg look at. */
struct people;

struct people_options {
	unsigned
		lost_connection_s; /* a device whose connection went counts as there for so long: it may be reloading */
};

/* NULL where memory is exhausted. Destroyed after the events, which tell it until their end. */
struct people *people_create(struct events *events, const struct people_options *options);
void people_destroy(struct people *people);
void people_set_options(struct people *people, const struct people_options *options);
/* What users set by hand counts from now on; borrowed. */
struct manipulations;
void people_set_manipulations(struct people *people, const struct manipulations *manipulations);

/* For location_on_changed: who watches the user's presence, dialogs or registration is told what follows of it. `arg`
 * is the people. */
void people_bindings_changed(void *arg, struct account *account);

/* presence (RFC 3856), dialog (RFC 4235), reg (RFC 3680), conference (RFC 4575), and asterisk-devicestate. Their `arg`
 * is the people. */
extern const struct event_package presence_package;
extern const struct event_package dialog_package;
extern const struct event_package registration_package;
extern const struct event_package conference_package;
extern const struct event_package asterisk_device_state_package;

/* Who watches whose presence, or lines, for the watched to see (RFC 3857). Their `arg` is the events. */
extern const struct event_package presence_winfo_package;
extern const struct event_package dialog_winfo_package;

/* For the API: what a watcher would be told of a user's presence; composed in `arena`, a struct presence_state. */
struct presence_state;
MUST_CHECK int people_compose_presence(struct people *people, struct slice user, struct arena *arena,
				       const struct presence_state **state);
