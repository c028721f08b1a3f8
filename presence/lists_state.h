/* What the files of lists share. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/lists.h"

/* A service by the user part of its URI. */
struct list_service_entry {
	struct table_link link;
	uint8_t name_length;
	uint16_t owner_length, packages_length;
	char texts[]; /* name, owner (empty: global), packages ("presence dialog"; empty: all) */
};

struct phone_list {
	struct table_link link;
	struct list_definition *definition;
	uint8_t name_length;
	char name[];
};

struct lists {
	struct events *events;
	struct table services;      /* list_services.c */
	struct table phone_lists;   /* phone_lists.c */
	struct list_link refreshes; /* list_refresh.c */
	struct timer refreshing;
};

/* --- list_services.c --- */

/* NULL: there is none of that name. */
const struct list_service_entry *list_service_find(const struct lists *lists, struct slice name);
struct slice list_service_owner(const struct list_service_entry *entry);
void list_services_finish(struct lists *lists);

/* --- list_refresh.c --- */

void lists_refresh_finish(struct lists *lists);

/* --- phone_lists.c --- */

const struct phone_list *phone_list_find(const struct lists *lists, struct slice name);
void phone_lists_finish(struct lists *lists);
