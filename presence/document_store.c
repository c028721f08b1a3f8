/* Whose documents are in memory, and for how long; finding them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/document_store_state.h"

#include <stdlib.h>
#include <string.h>

/* --- owners ------------------------------------------------------------------------------------------------------- */

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(owner_user(CONTAINER_OF(link, const struct document_owner, link)), *user);
}

struct document_owner *owner_find(const struct document_store *store, struct slice user)
{
	if (slice_is_empty(user))
		return store->global;
	uint64_t hash = table_hash(&store->by_user, user.at, user.length);
	struct table_link *link = table_find(&store->by_user, hash, has_user, &user);
	return link ? CONTAINER_OF(link, struct document_owner, link) : NULL;
}

static struct document_owner *owner_create(struct document_store *store, struct slice user)
{
	struct document_owner *owner = user.length <= UINT16_MAX ? calloc(1, sizeof *owner + user.length) : NULL;
	if (!owner)
		return NULL;
	owner->store = store;
	list_init(&owner->waiting);
	list_init(&owner->changes);
	owner->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(owner->user, user.at, user.length);
	return owner;
}

struct document_owner *owner_get(struct document_store *store, struct slice user)
{
	struct document_owner *owner = owner_find(store, user);
	if (owner)
		return owner;
	owner = owner_create(store, user);
	if (owner)
		table_insert(&store->by_user, &owner->link, table_hash(&store->by_user, user.at, user.length));
	return owner;
}

void owner_set_account(struct document_owner *owner, struct account *account)
{
	struct accounts *accounts = owner->store->parts.accounts;
	struct account *before = owner->account;
	if (account)
		account_hold(accounts, account);
	owner->account = account;
	if (before)
		account_release(accounts, before);
}

/* What an idle owner costs. */
static size_t cost_of(const struct document_owner *owner)
{
	return sizeof *owner + owner->user_length + owner->document_count * sizeof *owner->documents + owner->bytes;
}

void owner_use(struct document_owner *owner)
{
	if (!list_is_linked(&owner->idle))
		return;
	list_remove(&owner->idle);
	owner->store->idle_bytes -= cost_of(owner);
}

static void owner_free(struct document_owner *owner)
{
	owner_use(owner);
	owner_drop_load(owner);
	owner_drop_waiting(owner);
	owner_drop_changes(owner);
	while (owner->documents)
		free(document_take(owner, &owner->documents));
	owner_set_account(owner, NULL);
	free(owner);
}

/* Nobody needs him: of what was here, traces stay. */
static void go_away(struct document_owner *owner)
{
	struct kept_document **place = &owner->documents;
	owner_use(owner);
	owner->is_here = false;
	owner->is_doubtful = false;
	while (*place)
		if (document_is_resident(*place)) {
			document_reduce(owner, place);
			place = &(*place)->next;
		} else {
			free(document_take(owner, place));
		}
	owner_set_account(owner, NULL);
}

static void remove_if_empty(struct document_owner *owner)
{
	if (owner->documents)
		return;
	table_remove(&owner->store->by_user, &owner->link);
	owner_free(owner);
}

static void trim(struct document_store *store)
{
	while (store->idle_bytes > store->options.cached_bytes && !list_is_empty(&store->idle)) {
		struct document_owner *oldest = CONTAINER_OF(store->idle.next, struct document_owner, idle);
		go_away(oldest);
		remove_if_empty(oldest);
	}
}

void owner_settle(struct document_owner *owner)
{
	struct document_store *store = owner->store;
	if (owner == store->global || owner->holders > 0 || owner->busy > 0 || owner->load ||
	    !list_is_empty(&owner->changes) || !list_is_empty(&owner->waiting) || list_is_linked(&owner->idle))
		return;
	if (owner->is_here && owner->is_doubtful)
		go_away(owner);
	if (!owner->is_here) {
		remove_if_empty(owner);
		return;
	}
	list_append(&store->idle, &owner->idle);
	store->idle_bytes += cost_of(owner);
	trim(store);
}

void owner_drop_documents(struct document_owner *owner)
{
	owner->generation++;
	owner->busy++;
	while (owner->documents) {
		struct kept_document *gone = document_take(owner, &owner->documents);
		document_announce(owner->store, &gone->document, NULL);
		free(gone);
	}
	owner->busy--;
}

void owner_forget(struct document_owner *owner)
{
	owner_use(owner);
	owner->busy++;
	owner_drop_load(owner);
	owner->is_here = false;
	owner->is_doubtful = false;
	owner->account_id = 0;
	owner_drop_documents(owner);
	owner_set_account(owner, NULL);
	owner_tell_waiting(owner, ERR_NOT_FOUND);
	changes_fail(owner, ERR_NOT_FOUND);
	owner->busy--;
	owner_settle(owner);
}

/* --- the store ---------------------------------------------------------------------------------------------------- */

struct document_store *document_store_create(const struct document_store_parts *parts,
					     const struct document_store_options *options)
{
	struct document_store *store = calloc(1, sizeof *store);
	if (!store)
		return NULL;
	store->parts = *parts;
	store->options = *options;
	list_init(&store->idle);
	list_init(&store->checks);
	list_init(&store->ended);
	store->schemas = schemas_create();
	store->global = owner_create(store, SLICE(""));
	if (!store->schemas || !store->global || table_init(&store->by_user) != 0) {
		schemas_destroy(store->schemas);
		free(store->global);
		free(store);
		return NULL;
	}
	store->global->is_here = true;
	return store;
}

static bool free_owner(struct table_link *link, void *arg)
{
	struct document_store *store = arg;
	table_remove(&store->by_user, link);
	owner_free(CONTAINER_OF(link, struct document_owner, link));
	return true;
}

void document_store_destroy(struct document_store *store)
{
	if (!store)
		return;
	timer_stop(&store->ending);
	refresh_finish(store);
	table_each(&store->by_user, free_owner, store);
	table_finish(&store->by_user);
	owner_free(store->global);
	schemas_destroy(store->schemas);
	free(store);
}

void document_store_set_options(struct document_store *store, const struct document_store_options *options)
{
	store->options = *options;
	trim(store);
}

int document_store_listen(struct document_store *store, document_changed_fn *changed, void *arg)
{
	if (store->listener_count == DOCUMENT_LISTENERS_MOST)
		return ERR_LIMIT;
	store->listeners[store->listener_count].changed = changed;
	store->listeners[store->listener_count].arg = arg;
	store->listener_count++;
	return 0;
}

void document_store_account_removed(struct document_store *store, struct account *account)
{
	struct document_owner *owner = owner_find(store, account_user(account));
	/* An owner without a number is just being looked up, and will see for himself. */
	if (owner && owner != store->global && owner->account_id == account->id)
		owner_forget(owner);
}

/* --- holding ------------------------------------------------------------------------------------------------------ */

void documents_hold(struct document_store *store, struct slice user, storage_done_fn *done, void *arg)
{
	struct document_owner *owner = owner_get(store, user);
	if (!owner) {
		done(arg, ERR_NO_MEMORY);
		return;
	}
	owner_use(owner);
	if (owner->is_here) {
		owner->holders++;
		done(arg, 0);
	} else if (owner_wait(owner, done, arg) != 0) {
		owner_settle(owner);
		done(arg, ERR_NO_MEMORY);
	} else {
		owner_load(owner);
	}
}

void documents_release(struct document_store *store, struct slice user)
{
	struct document_owner *owner = owner_find(store, user);
	if (!owner || owner->holders == 0)
		return;
	owner->holders--;
	owner_settle(owner);
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

const struct document *document_find(struct document_store *store, struct slice user, struct slice application,
				     struct slice name)
{
	struct document_owner *owner = owner_find(store, user);
	return owner && owner->is_here ? document_of(document_at(owner, application, name)) : NULL;
}

void documents_each(struct document_store *store, struct slice user, struct slice application, document_visit_fn *visit,
		    void *arg)
{
	struct document_owner *owner = owner_find(store, user);
	if (!owner || !owner->is_here)
		return;
	for (const struct kept_document *kept = owner->documents; kept; kept = kept->next)
		if (slice_is_empty(application) || slice_equal(kept->document.application, application))
			visit(arg, &kept->document);
}

static bool read_document(void *arg, struct slice user, struct slice application, struct slice name, struct slice *body)
{
	const struct document *document = document_find(arg, user, application, name);
	if (document)
		*body = document->body;
	return document != NULL;
}

static bool ask_taken(void *arg, struct slice user, struct slice service_uri)
{
	const struct document_store *store = arg;
	return store->claims.is_taken && store->claims.is_taken(store->claims.arg, user, service_uri);
}

struct document_reader document_store_reader(struct document_store *store)
{
	return (struct document_reader){.arg = store, .find = read_document, .is_taken = ask_taken};
}

void document_store_on_claims(struct document_store *store, const struct document_claims *claims)
{
	store->claims = *claims;
}

void document_store_judge(struct document_store *store, struct slice user, struct slice application, struct slice name,
			  struct slice text, struct document_verdict *verdict)
{
	const struct application *known = application_find(application);
	struct document_reader reader = document_store_reader(store);
	const struct document_target target = {.user = user,
					       .domain = store->parts.domain,
					       .name = name,
					       .reader = &reader,
					       .limits = &store->options.xml,
					       .schemas = store->schemas};
	*verdict = (struct document_verdict){.fault = FAULT_NONE};
	if (known) {
		application_judge(known, text, &target, verdict);
		return;
	}
	verdict->fault = FAULT_CONSTRAINT;
	body_complain(&verdict->error, "The server does not know that application");
}

const struct xml_limits *document_store_limits(const struct document_store *store)
{
	(void)store;
	return &document_widest_limits;
}
