/* Resource lists (RFC 4826) as what is watched: a flat list of URIs with names. Lists within lists, <entry-ref> and
 * <external> are followed, duplicates left out, loops refused. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "bodies/body.h"
#include "documents/application.h"

struct list_limits {
	unsigned entries; /* in the flat list */
	unsigned depth;   /* of lists, references counted */
	struct xml_limits xml;
};

struct flat_entry {
	struct slice uri;
	struct slice name; /* display name; empty: none */
};

struct flat_list {
	const struct flat_entry *entries; /* the first of several with the same URI (RFC 3261 §19.1.4 as far as it
					     matters: scheme sip, sips, pres or im, user, host without case) */
	size_t count;
};

struct list_context {
	struct slice user, domain; /* whose lists */
	struct slice root;         /* of the server's XCAP URIs: "https://example.test/xcap/"; external lists below any
				      host's "/xcap/" are ours where the host is one of ours */
	const struct document_reader *reader;
	const struct list_limits *limits;
};

/* Each: ERR_SYNTAX: cannot be used (a loop, a reference that leads nowhere is left out silently); ERR_LIMIT: too long
 * or too deep, with the limit in the sentence; ERR_NOT_FOUND; ERR_NO_MEMORY. Slices are in the arena. */

/* Of a resource-lists document: all its lists together. For the body of a SUBSCRIBE (RFC 5367), and for a user's whole
 * buddy list. */
MUST_CHECK int flat_list_of_document(struct arena *arena, struct slice document, const struct list_context *context,
				     struct flat_list *list, struct body_error *error);

/* One <service> of an rls-services document (RFC 4826 §4). */
struct list_service {
	struct slice uri;
	struct slice packages; /* "presence dialog"; empty: all */
};
/* Each service, with a function; ERR_SYNTAX, ERR_NO_MEMORY. */
typedef void list_service_fn(void *arg, const struct list_service *service);
MUST_CHECK int list_services_read(struct slice document, const struct xml_limits *limits, list_service_fn *each,
				  void *arg, struct body_error *error);
/* The list of that service: its <list>, or what its <resource-list> refers to. */
MUST_CHECK int flat_list_of_service(struct arena *arena, struct slice document, struct slice service_uri,
				    const struct list_context *context, struct flat_list *list,
				    struct body_error *error);
