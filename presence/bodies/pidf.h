/* Presence documents: PIDF (RFC 3863) with the data model (RFC 4479), RPID (RFC 4480), CIPID (RFC 4482); and XPIDF for
 * the clients that ask for it. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

#include <stdint.h>

/* Namespaces, and the prefixes that are usual for them. */
#define PIDF_SPACE "urn:ietf:params:xml:ns:pidf"                  /* the default one */
#define DATA_MODEL_SPACE "urn:ietf:params:xml:ns:pidf:data-model" /* dm: RFC 4479 */
#define RPID_SPACE "urn:ietf:params:xml:ns:pidf:rpid"             /* rpid: RFC 4480 */
#define CIPID_SPACE "urn:ietf:params:xml:ns:pidf:cipid"           /* c: RFC 4482 */

/* What one document may be, published or set by hand: many of them are put together each time somebody is told. */
#define PIDF_LIMITS                                                                                                    \
	{                                                                                                              \
		.bytes = 1024 * 1024, .depth = 32, .nodes = 4096                                                       \
	}

/* One published document. */
struct pidf {
	struct slice entity;
	const struct xml_node *root;
};

/* Reads and judges: a <presence> with an entity, whose tuples have an id and a <status>. Accepts what clients in the
 * field send: <basic> of any value, elements of any namespace, empty activities. ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY,
 * with a sentence. */
MUST_CHECK int pidf_parse(struct arena *arena, struct slice body, const struct xml_limits *limits, struct pidf *pidf,
			  struct body_error *error);

/* What is known of a user apart from what he publishes. */
struct presence_facts {
	bool is_registered; /* a device of his is there that publishes nothing itself */
	bool is_in_call;    /* from dialog state */
	int64_t since_ms;   /* when that became so, since 1970; 0: not known */
};

/* One publication that counts: oldest first. */
struct presence_source {
	struct pidf pidf;
	int64_t published_at_ms; /* since 1970 */
	uint64_t id;             /* of the publication; makes ids of tuples unique */
};

/* The state of a presentity, composed: what views cut from and formats write. Lives in the arena that it was composed
 * in, and points into the sources' documents. */
struct presence_tuple {
	struct slice id;                  /* unique in this state, and the same in the next one */
	const struct xml_node *published; /* <tuple>, fit to be written: with that id, with no other <basic> than
					     open or closed; NULL: the server's own */
	bool has_basic, is_open;          /* <basic>, where it is open or closed */
	int64_t at_ms;                    /* since 1970; 0: not known */
};
struct presence_state {
	struct presence_tuple *tuples; /* open ones first, then by age, newest first: some clients read one only */
	size_t tuple_count;
	const struct xml_node *person; /* NULL: none; the newest that says something, and that he is in a call */
	const struct xml_node **devices;
	size_t device_count;
	const struct xml_node **notes; /* <note> of whole documents, newest first */
	size_t note_count;
	bool is_in_call; /* `person` says so as well */
	bool is_open;    /* any tuple is */
};

/* Several devices and the server's own knowledge become one state: all tuples and devices; the person of the newest
 * publication that says something of him; a tuple of the server's own where `facts` say that he is registered, or where
 * there is none at all (then closed). Of two publications with a tuple of the same id both stay, with ids made unique.
 * What stands beside these in a document (elements of other namespaces) is not kept. ERR_NO_MEMORY. */
MUST_CHECK int presence_compose(struct arena *arena, const struct presence_source *sources, size_t count,
				const struct presence_facts *facts, struct presence_state *state);

/* Formats of struct presence_state. A <basic> is only ever written as open or closed. */
extern const struct body_format pidf_format;      /* application/pidf+xml */
extern const struct body_format xpidf_format;     /* application/xpidf+xml */
extern const struct body_format cpim_pidf_format; /* application/cpim-pidf+xml */
