/* xcap-diff (RFC 5875): which XCAP documents a user has, and that they have changed.
 *
 * The resource is the watcher himself: nobody watches the documents of others. Until they are in memory there are none,
 * and whoever watches is told again when they are. SPDX-License-Identifier: MIT */
#include "bodies/xcap_diff.h"
#include "base/error.h"
#include "core/domain.h"
#include "presence/xcap_diffs_state.h"
#include "sip/status.h"

#include <stdlib.h>

static struct xcap_tree tree_of(const struct xcap_diffs *diffs, struct slice user)
{
	return (struct xcap_tree){.user = user, .domain = diffs->domain, .root = diffs->root};
}

/* --- the package -------------------------------------------------------------------------------------------------- */

static unsigned refuse(const char **sentence, unsigned status, const char *text)
{
	*sentence = text;
	return status;
}

/* RFC 5875 §4.4: what is watched stands in the body; the Request-URI only brings the SUBSCRIBE to the XCAP server's
 * notifier. So the domain's will do, and one's own. */
static unsigned resolve(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
			struct event_target *target, const char **sentence)
{
	const struct xcap_diffs *diffs = arg;
	const struct domain *domain = events_parts(diffs->events)->domain;
	struct slice user;
	if (!asker)
		return refuse(sentence, SIP_FORBIDDEN, "Documents are watched by their owner, who is an account");
	target->name = account_user(asker);
	target->needs_account = true;
	if (!uri->has_user)
		return domain_is_local(domain, uri->host, uri->port)
			       ? 0
			       : refuse(sentence, SIP_NOT_FOUND, "The address is not of this server");
	int result = domain_user(domain, arena, uri, &user);
	if (result == ERR_NO_MEMORY)
		return refuse(sentence, SIP_INTERNAL_ERROR, error_text(result));
	if (result != 0)
		return refuse(sentence, SIP_NOT_FOUND, "There is no such user");
	return slice_equal(user, account_user(asker))
		       ? 0
		       : refuse(sentence, SIP_FORBIDDEN, "Nobody watches the documents of somebody else");
}

static bool may_watch(void *arg, struct slice name, struct slice watcher)
{
	(void)arg;
	return slice_equal(name, watcher);
}

/* Without a body: all that is his own. */
static unsigned select_documents(void *arg, struct arena *arena, const struct account *watcher,
				 struct slice content_type, struct slice body, struct slice *selection,
				 const char **sentence)
{
	const struct xcap_tree tree = tree_of(arg, account_user(watcher));
	struct slice rest = content_type;
	*selection = SLICE("");
	if (slice_is_empty(body))
		return 0;
	if (!slice_equal_nocase(slice_trim(slice_take(&rest, ';')), SLICE("application/resource-lists+xml")))
		return refuse(sentence, SIP_UNSUPPORTED_MEDIA_TYPE,
			      "Which documents are watched is said by application/resource-lists+xml");
	return xcap_selection_read(arena, &tree, body, selection, sentence);
}

/* --- the state ---------------------------------------------------------------------------------------------------- */

/* As composed: the user's own, as the format writes them, and all that he may select. */
struct known_documents {
	struct xcap_diff diff; /* first: what the format takes */
	struct xcap_tree tree;
	struct known_document {
		struct xcap_document_name name;
		struct slice etag;
	} * documents;
	size_t count;
};

static int compare_selectors(const void *a, const void *b)
{
	const struct xcap_diff_document *left = a, *right = b;
	return slice_compare(left->selector, right->selector);
}

/* Sorted, each once. */
static void put_in_order(struct xcap_diff_document *documents, struct xcap_diff *diff)
{
	size_t kept = 0;
	qsort(documents, diff->count, sizeof *documents, compare_selectors);
	for (size_t i = 0; i < diff->count; i++) {
		if (kept == 0 || !slice_equal(documents[kept - 1].selector, documents[i].selector))
			documents[kept++] = documents[i];
	}
	diff->documents = documents;
	diff->count = kept;
}

struct gathering {
	struct known_documents *known;
	struct arena *arena;
	size_t room; /* counts, while there is no array yet */
	int result;
};

static void count_document(void *arg, const struct document *document)
{
	struct gathering *gathering = arg;
	(void)document;
	gathering->room++;
}

/* Its texts are copied: the document may be another one before the state is written. */
static void gather_document(void *arg, const struct document *document)
{
	struct gathering *gathering = arg;
	struct known_documents *known = gathering->known;
	struct known_document *row = &known->documents[known->count];
	if (gathering->result != 0 || known->count == gathering->room)
		return;
	row->name.is_global = slice_is_empty(document->user);
	gathering->result = arena_copy(gathering->arena, document->application, &row->name.application);
	if (gathering->result == 0)
		gathering->result = arena_copy(gathering->arena, document->name, &row->name.name);
	if (gathering->result == 0)
		gathering->result = arena_copy(gathering->arena, slice_text(document->etag), &row->etag);
	known->count++;
}

static int gather(struct xcap_diffs *diffs, struct arena *arena, struct known_documents *known)
{
	struct gathering gathering = {.known = known, .arena = arena};
	const struct slice owners[] = {known->tree.user, SLICE("")};
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		documents_each(diffs->store, owners[i], SLICE(""), count_document, &gathering);
	known->documents = arena_allocate_zeroed(arena, gathering.room + 1, sizeof *known->documents);
	if (!known->documents)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < ARRAY_SIZE(owners); i++)
		documents_each(diffs->store, owners[i], SLICE(""), gather_document, &gathering);
	return gathering.result;
}

/* RFC 5875 §4.3: diff-processing in the Event header says how much a NOTIFY should say of a change. That there is one
 * ("no-patching") is always allowed, and what it is the client fetches; the parameter is not even looked at. */
static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	struct xcap_diffs *diffs = arg;
	struct known_documents *known = arena_allocate_zeroed(arena, 1, sizeof *known);
	if (!known)
		return ERR_NO_MEMORY;
	known->tree = tree_of(diffs, resource_name(resource));
	known->diff.root = diffs->root;
	int result = gather(diffs, arena, known);
	struct xcap_diff_document *own = arena_allocate_zeroed(arena, known->count + 1, sizeof *own);
	if (result != 0 || !own)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < known->count; i++) {
		struct xcap_diff_document *document = &own[known->diff.count];
		if (known->documents[i].name.is_global)
			continue;
		document->etag = known->documents[i].etag;
		if (xcap_selector_write(arena, &known->tree, &known->documents[i].name, &document->selector) != 0)
			return ERR_NO_MEMORY;
		known->diff.count++;
	}
	put_in_order(own, &known->diff);
	*state = known;
	return 0;
}

static size_t count_selected(const struct known_documents *known, struct slice rest)
{
	size_t count = 0;
	struct slice application;
	while (!slice_is_empty(rest)) {
		struct slice line = slice_take(&rest, '\n');
		for (size_t i = 0; i < known->count; i++)
			count += xcap_selection_has(line, &known->documents[i].name, &application);
	}
	return count;
}

/* What one line selects, under the name of its application that the line has. */
static int take_selected(struct arena *arena, const struct known_documents *known, struct slice line,
			 struct xcap_diff_document *selected, size_t *count)
{
	for (size_t i = 0; i < known->count; i++) {
		struct xcap_document_name name = known->documents[i].name;
		if (!xcap_selection_has(line, &known->documents[i].name, &name.application))
			continue;
		selected[*count].etag = known->documents[i].etag;
		if (xcap_selector_write(arena, &known->tree, &name, &selected[*count].selector) != 0)
			return ERR_NO_MEMORY;
		(*count)++;
	}
	return 0;
}

static int cut(void *arg, struct arena *arena, const void *state, const struct event_view *view, const void **result)
{
	const struct known_documents *known = state;
	struct slice rest = view->selection;
	(void)arg;
	*result = state;
	if (slice_is_empty(rest))
		return 0;
	struct known_documents *shown = arena_allocate_zeroed(arena, 1, sizeof *shown);
	struct xcap_diff_document *selected =
		arena_allocate_zeroed(arena, count_selected(known, rest) + 1, sizeof *selected);
	if (!shown || !selected)
		return ERR_NO_MEMORY;
	*shown = *known;
	shown->diff.count = 0;
	while (!slice_is_empty(rest)) {
		if (take_selected(arena, known, slice_take(&rest, '\n'), selected, &shown->diff.count) != 0)
			return ERR_NO_MEMORY;
	}
	put_in_order(selected, &shown->diff);
	*result = shown;
	return 0;
}

static const struct body_format *const formats[] = {&xcap_diff_format, NULL};

const struct event_package xcap_diff_package = {
	.name = "xcap-diff",
	.formats = formats,
	.resolve = resolve,
	.may_watch = may_watch,
	.compose = compose,
	.cut = cut,
	.select = select_documents,
	.on_watched = xcap_diffs_on_watched,
};
