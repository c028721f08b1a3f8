/* What the files of lists share. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/lists.h"

/* Whose services they are: those of his document, and of the one that is being committed. */
struct list_service_owner {
	struct table_link link; /* in lists.service_owners */
	struct list_service_entry *services;
	uint16_t user_length;
	char user[]; /* empty: global */
};

/* A service by the user part of its URI. A global one may have the name of one of a user, which it hides. */
struct list_service_entry {
	struct table_link link; /* in lists.services */
	struct list_service_owner *owner;
	struct list_service_entry *next; /* of the owner */
	bool is_reserved;                /* its document is being committed: the name is taken, and not yet served */
	uint8_t name_length;
	uint16_t packages_length;
	char texts[]; /* name, packages ("presence dialog"; empty: all) */
};

struct phone_list {
	struct table_link link;
	struct list_definition *definition;
	uint8_t name_length;
	char name[];
};

struct lists {
	struct events *events;
	struct table services, service_owners; /* list_services.c */
	struct table phone_lists;              /* phone_lists.c */
	struct list_link refreshes;            /* list_refresh.c */
	struct timer refreshing;
};

/* --- list_services.c --- */

/* The global one of that name, or the asker's own; NULL: he has none. */
const struct list_service_entry *list_service_find(const struct lists *lists, struct slice name, struct slice asker);
struct slice list_service_owner(const struct list_service_entry *entry);
void list_services_finish(struct lists *lists);

/* --- list_refresh.c --- */

void lists_refresh_finish(struct lists *lists);

/* --- phone_lists.c --- */

const struct phone_list *phone_list_find(const struct lists *lists, struct slice name);
void phone_lists_finish(struct lists *lists);
