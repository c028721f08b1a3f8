/* The documents of the node. SPDX-License-Identifier: MIT */
#include "program/node_documents.h"

#include "base/error.h"
#include "program/node.h"
#include "xcap/target.h"

#include <stdlib.h>

/* --- the store and who listens to it ------------------------------------------------------------------------------ */

static struct xml_limits document_limits(const struct configuration *configuration)
{
	return (struct xml_limits){.bytes = configuration->documents_bytes,
				   .depth = configuration->documents_depth,
				   .nodes = configuration->documents_nodes};
}

static struct document_store_options store_options(const struct configuration *configuration)
{
	return (struct document_store_options){.documents_most = configuration->documents_per_user,
					       .document_bytes = configuration->documents_bytes,
					       .user_bytes = configuration->documents_user_bytes,
					       .cached_bytes = configuration->documents_cached_bytes,
					       .xml = document_limits(configuration)};
}

int node_build_documents(struct node *node)
{
	struct document_store_options options = store_options(&node->configuration);
	struct document_store_parts parts = {.timers = node->timers,
					     .accounts = node->accounts,
					     .storage = node->storage,
					     .domain = domain_name(node->domain),
					     .log = node->log};
	node->documents = document_store_create(&parts, &options);
	return node->documents ? 0 : ERR_NO_MEMORY;
}

/* "https://example.test:8081/xcap/" */
static int write_root(const struct node *node, struct buffer *root)
{
	const struct configuration *configuration = &node->configuration;
	uint32_t port = configuration->web_tls_port == CONFIGURATION_UNSET ? configuration->web_port + 1
									   : configuration->web_tls_port;
	if (configuration->documents_xcap_root[0]) {
		buffer_text(root, configuration->documents_xcap_root);
	} else {
		buffer_text(root, "https://");
		buffer_append(root, domain_name(node->domain));
		if (port != 443)
			buffer_format(root, ":%u", (unsigned)port);
		buffer_text(root, XCAP_ROOT);
	}
	return buffer_failed(root) ? ERR_NO_MEMORY : 0;
}

int node_build_document_listeners(struct node *node)
{
	struct buffer root;
	buffer_init(&root, 4096);
	int result = write_root(node, &root);
	if (result == 0)
		node->xcap_diffs = xcap_diffs_create(node->events, node->documents, buffer_slice(&root));
	buffer_finish(&root);
	node->manipulations = manipulations_create(node->events, node->documents);
	if (!node->xcap_diffs || !node->manipulations)
		return ERR_NO_MEMORY;
	return events_listen_to_documents(node->events);
}

int node_build_xcap(struct node *node)
{
	struct xml_limits limits = document_limits(&node->configuration);
	struct xcap_parts parts = {.timers = node->timers,
				   .transport = node->transport,
				   .domain = node->domain,
				   .callers = node->http_callers,
				   .documents = node->documents,
				   .log = node->log};
	node->xcap = xcap_create(&parts, &limits);
	return node->xcap ? 0 : ERR_NO_MEMORY;
}

void node_reload_documents(struct node *node)
{
	struct document_store_options options = store_options(&node->configuration);
	struct xml_limits limits = document_limits(&node->configuration);
	document_store_set_options(node->documents, &options);
	xcap_set_limits(node->xcap, &limits);
	node_load_phone_lists(node, NULL, NULL);
}

void node_finish_documents(struct node *node)
{
	xcap_diffs_destroy(node->xcap_diffs);
	manipulations_destroy(node->manipulations);
	document_store_destroy(node->documents);
}

/* --- lists for the keys of phones --------------------------------------------------------------------------------- */

/* Those of the configuration, and behind them the rows as they come. */
struct gathering {
	struct node *node;
	storage_done_fn *done;
	void *arg;
	struct phone_list_row *rows;
	size_t count, room;
	size_t configured; /* so many of them are of the configuration */
	struct arena arena;
	int result;
	bool is_stale; /* to be read again */
};

#define GATHERED_MOST ((size_t)256 << 20)

static int add(struct gathering *gathering, const struct phone_list_row *row)
{
	if (gathering->count == gathering->room) {
		size_t room = gathering->room ? 2 * gathering->room : 64;
		struct phone_list_row *rows = realloc(gathering->rows, room * sizeof *rows);
		if (!rows)
			return ERR_NO_MEMORY;
		gathering->rows = rows;
		gathering->room = room;
	}
	struct phone_list_row *copy = &gathering->rows[gathering->count];
	if (arena_copy(&gathering->arena, row->list, &copy->list) != 0 ||
	    arena_copy(&gathering->arena, row->uri, &copy->uri) != 0 ||
	    arena_copy(&gathering->arena, row->name, &copy->name) != 0)
		return ERR_NO_MEMORY;
	gathering->count++;
	return 0;
}

static void on_entry(void *arg, const struct stored_list_entry *entry)
{
	struct gathering *gathering = arg;
	if (gathering->result == 0)
		gathering->result = add(gathering, &(struct phone_list_row){entry->list, entry->uri, entry->name});
}

static void on_table_time(struct timer *timer)
{
	node_load_phone_lists(CONTAINER_OF(timer, struct node, phone_lists), NULL, NULL);
}

static void schedule(struct node *node)
{
	timer_stop(&node->phone_lists);
	if (node->configuration.lists_table_s > 0)
		timer_start(node->timers, &node->phone_lists, (int64_t)node->configuration.lists_table_s * 1000,
			    on_table_time);
}

static void gathering_free(struct gathering *gathering)
{
	if (!gathering)
		return;
	free(gathering->rows);
	arena_finish(&gathering->arena);
	free(gathering);
}

static void on_read(void *arg, int result)
{
	struct gathering *gathering = arg;
	struct node *node = gathering->node;
	node->gathering = NULL;
	bool is_first = gathering->done != NULL;
	if (result == 0)
		result = gathering->result;
	bool is_set = result == 0 || (result == ERR_STORAGE_REFUSED && is_first);
	/* A table that cannot be read leaves what was there: at the start those of the configuration. */
	if (is_set) {
		size_t count = result == 0 ? gathering->count : gathering->configured;
		int set = events_set_phone_lists(node->events, gathering->rows, count);
		result = set != 0 ? set : result;
	}
	if (result != 0)
		log_event(node->log, LOG_ERROR, "phone_lists_not_read", NULL, "phone_lists: %s", error_text(result));
	schedule(node);
	if (gathering->is_stale)
		timer_start(node->timers, &node->phone_lists, 0, on_table_time);
	storage_done_fn *done = gathering->done;
	void *done_arg = gathering->arg;
	gathering_free(gathering);
	if (done) /* such a table keeps nobody from starting */
		done(done_arg, result == ERR_STORAGE_REFUSED ? 0 : result);
}

static int add_configured(struct gathering *gathering)
{
	const struct phone_lists *lists = &gathering->node->configuration.phone_lists;
	int result = 0;
	for (size_t i = 0; i < lists->count && result == 0; i++)
		result = add(gathering,
			     &(struct phone_list_row){slice_text(lists->items[i].list), slice_text(lists->items[i].uri),
						      slice_text(lists->items[i].name)});
	return result;
}

void node_load_phone_lists(struct node *node, storage_done_fn *done, void *arg)
{
	if (node->gathering) { /* it is being read, and by then what was there may be old */
		node->gathering->is_stale = true;
		if (done)
			done(arg, ERR_BUSY);
		return;
	}
	struct gathering *gathering = calloc(1, sizeof *gathering);
	if (!gathering) {
		log_event(node->log, LOG_ERROR, "phone_lists_not_read", NULL, "%s", error_text(ERR_NO_MEMORY));
		schedule(node);
		if (done)
			done(arg, ERR_NO_MEMORY);
		return;
	}
	*gathering = (struct gathering){.node = node, .done = done, .arg = arg};
	arena_init(&gathering->arena, NULL, GATHERED_MOST);
	gathering->result = add_configured(gathering);
	gathering->configured = gathering->count;
	node->gathering = gathering;
	storage_load_phone_lists(node->storage, on_entry, on_read, gathering);
}

void node_finish_xcap(struct node *node)
{
	timer_stop(&node->phone_lists);
	gathering_free(node->gathering); /* storage tells nobody who waits when it is closed */
	xcap_destroy(node->xcap);
}
