/* Publications from their rows, at the start. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/clock.h"
#include "presence/publication.h"

#include <stdlib.h>

struct publications_load {
	struct events *events;
	storage_done_fn *done;
	void *arg;
	unsigned underway; /* look-ups of accounts, and one for the load itself */
	int result;
};

/* The look-up of a publisher's devices. */
struct publisher_look_up {
	struct publications_load *load;
	int64_t publication_id;
};

static void end_one(struct publications_load *load)
{
	if (--load->underway > 0)
		return;
	load->done(load->arg, load->result);
	free(load);
}

/* Rows come in the order of their ids. */
static void sort_in(struct publication *publication)
{
	struct list_link *head = &publication->resource->publications;
	struct list_link *before = publication->of_resource.previous;
	while (before != head &&
	       CONTAINER_OF(before, struct publication, of_resource)->published_at_ms > publication->published_at_ms)
		before = before->previous;
	list_remove(&publication->of_resource);
	list_prepend(before, &publication->of_resource);
}

static int take(struct events *events, const struct stored_publication *stored, int64_t lives_ms)
{
	const struct package_row *row = events_find_package(events, stored->package);
	if (!row)
		return ERR_NOT_FOUND;
	struct resource *resource = resource_get(events, row->package, stored->resource);
	struct publication *publication = resource ? publication_create(events, resource, stored->id) : NULL;
	if (!publication) {
		if (resource)
			resource_release(events, resource);
		return ERR_NO_MEMORY;
	}
	if (publication_set_texts(publication, stored->content_type, stored->source, stored->body) != 0) {
		publication_end(publication, false);
		return ERR_NO_MEMORY;
	}
	publication->publisher_id = stored->publisher_id;
	publication->device_id = stored->device_id;
	publication->published_at_ms = stored->published_at_ms;
	publication->stored_until_s = stored->expires_at_s;
	publication->revision = stored->revision;
	publication->granted_s = stored->granted_s;
	publication->is_loaded = true;
	publication_start_timer(publication, lives_ms);
	sort_in(publication);
	return 0;
}

static void on_row(void *arg, const struct stored_publication *stored)
{
	struct publications_load *load = arg;
	int64_t lives_ms = stored->expires_at_s * 1000 - clock_unix_ms();
	if (lives_ms > (int64_t)stored->granted_s * 1000)
		lives_ms = (int64_t)stored->granted_s * 1000;
	if (lives_ms <= 0 || stored->revision == 0)
		return;
	int result = take(load->events, stored, lives_ms);
	if (result != 0)
		log_event(load->events->parts.log, LOG_ERROR, "publication_not_loaded",
			  &(struct log_context){.aor = stored->resource}, "%.*s: %s", SLICE_ARGS(stored->package),
			  error_text(result));
}

/* --- devices that have gone meanwhile --------------------------------------------------------------------------- */

static void on_publisher(void *arg, int result, struct account *account)
{
	struct publisher_look_up *look_up = arg;
	struct publications_load *load = look_up->load;
	struct publication *publication = publication_find(load->events, look_up->publication_id);
	if (result == 0 && publication)
		publications_note_devices(publication->resource, account);
	else if (result == ERR_NOT_FOUND && publication)
		publication_remove(publication); /* the account was removed while no server ran */
	free(look_up);
	end_one(load);
}

/* Devices with bindings are in memory; whether another one has ever registered is in the database only. */
static bool look_up_device(struct table_link *link, void *arg)
{
	struct publications_load *load = arg;
	struct publication *publication = CONTAINER_OF(link, struct publication, link);
	struct accounts *accounts = load->events->parts.accounts;
	struct slice user = resource_name(publication->resource);
	if (publication->device_id == 0 || publication->publisher_id == 0)
		return true;
	if (publication->device_id == STORAGE_DEVICE_WITHOUT_INSTANCE) {
		publication->was_registered = true; /* that is how it was known */
		return true;
	}
	struct account *account = accounts_find(accounts, user);
	if (account && account->id == publication->publisher_id &&
	    account_find_device(account, publication->device_id)) {
		publication->was_registered = true;
		return true;
	}
	struct publisher_look_up *look_up = malloc(sizeof *look_up);
	if (look_up) {
		*look_up = (struct publisher_look_up){load, publication->id};
		load->underway++;
		accounts_load(accounts, user, on_publisher, look_up);
	}
	return true;
}

static void on_rows(void *arg, int result)
{
	struct publications_load *load = arg;
	load->result = result;
	if (result == 0)
		table_each(&load->events->publications, look_up_device, load);
	end_one(load);
}

void publications_load(struct events *events, storage_done_fn *done, void *arg)
{
	struct publications_load *load = malloc(sizeof *load);
	if (!load) {
		done(arg, ERR_NO_MEMORY);
		return;
	}
	*load = (struct publications_load){.events = events, .done = done, .arg = arg, .underway = 1};
	storage_load_publications(events->parts.storage, on_row, on_rows, load);
}
