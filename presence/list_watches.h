/* The entries of a list that somebody subscribes to: each a watch of its own on what the entry names, answered in
 * process. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/list_definition.h"
#include "presence/watch.h"

struct subscription;

struct list_watches {
	struct list_definition *definition; /* held; entry i is watched by watches[i] */
	struct slice filters;               /* of the subscription; its own memory */
	uint32_t due_count;
	uint32_t next; /* the entry that the next NOTIFY begins with, where what is due did not fit into one */
	bool is_begun; /* a full state has been begun, and is being told in pieces */
	struct watch watches[];
};

/* The subscription watches the entries of its resource's definition now, and is to be told all of them. Where memory is
 * exhausted it goes on with those that it had, and tries again when it is refreshed. `filters`: kept as they are where
 * their address is NULL. */
void list_watches_begin(struct subscription *subscription, struct slice filters);
/* The same, with the filters that it has: the definition is another one. */
void list_watches_renew(struct subscription *subscription);
/* What could not be judged is looked at again. */
void list_watches_check(struct subscription *subscription);
/* All of them end. */
void list_watches_end(struct subscription *subscription);
/* The state that this entry shows has changed, or what may be seen of it: told soon, together with others. */
void list_watches_due(struct watch *watch);
/* All entries are to be told. */
void list_watches_all_due(struct list_watches *list);
