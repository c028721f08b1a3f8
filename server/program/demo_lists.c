/* Buddy lists of the demo accounts: whoever tries the server sees people at once. SPDX-License-Identifier: MIT */
#include "program/demo_lists.h"

#include "base/buffer.h"
#include "base/error.h"
#include "bodies/body.h"
#include "bodies/xml.h"
#include "program/node.h"

#include <stdlib.h>

#define LIST_BYTES_MOST 16384

struct demo_list {
	struct node *node;
	struct slice user;
	struct buffer text;
};

static void destroy(void *arg)
{
	struct demo_list *list = arg;
	buffer_finish(&list->text);
	free(list);
}

static void write_entry(struct buffer *text, struct slice user, struct slice domain)
{
	buffer_text(text, "    <entry uri=\"");
	xml_write_entity(text, &(struct body_target){.user = user, .domain = domain});
	buffer_text(text, "\"><display-name>");
	xml_write_text(text, user);
	buffer_text(text, "</display-name></entry>\n");
}

static void write_list(struct demo_list *list)
{
	const struct credentials *demo = &list->node->demo;
	buffer_clear(&list->text);
	buffer_text(&list->text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				 "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\n"
				 "  <list name=\"colleagues\">\n    <display-name>Colleagues</display-name>\n");
	for (size_t i = 0; i < demo->count; i++)
		if (!slice_equal(demo->items[i].user, list->user))
			write_entry(&list->text, demo->items[i].user, list->node->domain_name);
	buffer_text(&list->text, "  </list>\n</resource-lists>\n");
}

static enum document_decision edit(void *arg, const struct document *before, struct slice *after)
{
	struct demo_list *list = arg;
	if (before)
		return DOCUMENT_KEEP;
	write_list(list);
	*after = buffer_slice(&list->text);
	return buffer_failed(&list->text) ? DOCUMENT_KEEP : DOCUMENT_WRITE;
}

static void done(void *arg, int result, const struct document *document, const char *sentence)
{
	struct demo_list *list = arg;
	(void)document;
	(void)sentence;
	if (result != 0)
		log_event(list->node->log, LOG_WARNING, "demo_list_not_made", &(struct log_context){.aor = list->user},
			  "%s", error_text(result));
	destroy(list);
}

void demo_lists_make(struct node *node)
{
	for (size_t i = 0; i < node->demo.count; i++) {
		struct demo_list *list = calloc(1, sizeof *list);
		if (!list)
			return;
		list->node = node;
		list->user = node->demo.items[i].user;
		buffer_init(&list->text, LIST_BYTES_MOST);
		struct document_change change = {.user = list->user,
						 .application = SLICE("resource-lists"),
						 .name = SLICE("index"),
						 .edit = edit,
						 .done = done,
						 .forgotten = destroy,
						 .arg = list};
		document_change(node->documents, &change);
	}
}
