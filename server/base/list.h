/* A doubly linked list through fields of its members. The head is a link of its own; an empty
 * list's head points to itself. A member that is in no list has NULL links (list_link_init), and
 * list_remove accepts it. SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_link {
	struct list_link *previous, *next;
};

static inline void list_init(struct list_link *head)
{
	head->previous = head->next = head;
}
static inline void list_link_init(struct list_link *link)
{
	link->previous = link->next = NULL;
}
static inline bool list_is_linked(const struct list_link *link)
{
	return link->next != NULL;
}
static inline bool list_is_empty(const struct list_link *head)
{
	return head->next == head;
}

static inline void list_append(struct list_link *head, struct list_link *link)
{
	link->previous = head->previous;
	link->next = head;
	head->previous->next = link;
	head->previous = link;
}

static inline void list_prepend(struct list_link *head, struct list_link *link)
{
	link->next = head->next;
	link->previous = head;
	head->next->previous = link;
	head->next = link;
}

static inline void list_remove(struct list_link *link)
{
	if (!link->next)
		return;
	link->previous->next = link->next;
	link->next->previous = link->previous;
	list_link_init(link);
}

/* Takes the first member off, or NULL. */
static inline struct list_link *list_take_first(struct list_link *head)
{
	struct list_link *first = head->next;
	if (first == head)
		return NULL;
	list_remove(first);
	return first;
}

/* Moves all members of `from` to the end of `to`. */
static inline void list_splice(struct list_link *to, struct list_link *from)
{
	if (list_is_empty(from))
		return;
	from->next->previous = to->previous;
	to->previous->next = from->next;
	from->previous->next = to;
	to->previous = from->previous;
	list_init(from);
}
