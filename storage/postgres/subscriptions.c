/* Subscriptions: saved, removed, and loaded at the start. SPDX-License-Identifier: MIT */
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include <stdlib.h>

struct subscription_change {
	struct keyed_change keyed;
	unsigned node;
	struct stored_subscription subscription; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_subscription, member)

static const size_t text_offsets[] = {
	TEXT(target),     TEXT(flow),     TEXT(route_set), TEXT(profile),      TEXT(media_type),
	TEXT(package),    TEXT(resource), TEXT(event_id),  TEXT(call_id),      TEXT(local_tag),
	TEXT(remote_tag), TEXT(local),    TEXT(remote),    TEXT(content_type), TEXT(content),
};
static const struct texts subscription_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

enum { SUBSCRIPTION_NUMBERS = 15 };

/* --- saving -------------------------------------------------------------------------------------------------- */

/* $31: the node. A SUBSCRIBE without a body leaves the content as it is. */
static const struct statement save_statement = {
	"subscriptions_save",
	"INSERT INTO subscriptions AS s (id, watcher_id, device_id, created_at, expires_at, granted, local_cseq,"
	"  remote_cseq, generation, least_interval, most_interval, is_adaptive, is_list, takes_deflate, session_id,"
	"  target, flow, route_set, profile, media_type, package, resource, event_id, call_id, local_tag, remote_tag, "
	"local_aor,"
	"  remote_aor, content_type, content, node)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]),"
	"  unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]),"
	"  unnest($9::bigint[]), unnest($10::bigint[]), unnest($11::bigint[]), unnest($12::bigint[]),"
	"  unnest($13::bigint[]), unnest($14::bigint[]), unnest($15::bigint[]),"
	"  unnest($16::bytea[]), unnest($17::bytea[]), unnest($18::bytea[]), unnest($19::bytea[]),"
	"  unnest($20::bytea[]), unnest($21::bytea[]), unnest($22::bytea[]), unnest($23::bytea[]),"
	"  unnest($24::bytea[]), unnest($25::bytea[]), unnest($26::bytea[]), unnest($27::bytea[]),"
	"  unnest($28::bytea[]), unnest($29::bytea[]), unnest($30::bytea[]), $31::bigint"
	" ON CONFLICT (id) DO UPDATE SET watcher_id = excluded.watcher_id, device_id = excluded.device_id,"
	"  created_at = excluded.created_at, expires_at = excluded.expires_at, granted = excluded.granted,"
	"  local_cseq = excluded.local_cseq, remote_cseq = excluded.remote_cseq, generation = excluded.generation,"
	"  least_interval = excluded.least_interval, most_interval = excluded.most_interval,"
	"  is_adaptive = excluded.is_adaptive, is_list = excluded.is_list, takes_deflate = excluded.takes_deflate,"
	"  session_id = excluded.session_id,"
	"  target = excluded.target, flow = excluded.flow, route_set = excluded.route_set,"
	"  profile = excluded.profile, media_type = excluded.media_type, package = excluded.package,"
	"  resource = excluded.resource, event_id = excluded.event_id, call_id = excluded.call_id,"
	"  local_tag = excluded.local_tag, remote_tag = excluded.remote_tag, local_aor = excluded.local_aor,"
	"  remote_aor = excluded.remote_aor, node = excluded.node,"
	"  content = CASE WHEN excluded.content_type = '' THEN s.content ELSE excluded.content END,"
	"  content_type = CASE WHEN excluded.content_type = '' THEN s.content_type ELSE excluded.content_type END",
};

static void write_subscription(struct parameters *parameters, const struct stored_subscription *subscription)
{
	const int64_t numbers[SUBSCRIPTION_NUMBERS] = {subscription->id,
						       subscription->watcher_id,
						       subscription->device_id,
						       subscription->created_at_ms,
						       subscription->expires_at_s,
						       subscription->granted_s,
						       subscription->local_cseq,
						       subscription->remote_cseq,
						       subscription->generation,
						       subscription->least_interval_ms,
						       subscription->most_interval_ms,
						       subscription->is_adaptive,
						       subscription->is_list,
						       subscription->takes_deflate,
						       subscription->session_id};
	for (unsigned i = 0; i < SUBSCRIPTION_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	texts_write(&subscription_texts, parameters, SUBSCRIPTION_NUMBERS, subscription);
}

/* A body that came in the same batch is not lost by a refresh without one that overtakes it. */
static struct stored_subscription with_content(const struct keyed_change *latest)
{
	struct stored_subscription subscription = CONTAINER_OF(latest, struct subscription_change, keyed)->subscription;
	const struct keyed_change *change = latest->earlier;
	for (; slice_is_empty(subscription.content_type) && change && !change->removed; change = change->earlier) {
		const struct subscription_change *earlier = CONTAINER_OF(change, struct subscription_change, keyed);
		subscription.content_type = earlier->subscription.content_type;
		subscription.content = earlier->subscription.content;
	}
	return subscription;
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_SUBSCRIPTION, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	for (unsigned i = 0; i < SUBSCRIPTION_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	texts_arrays(&subscription_texts, parameters);
	unsigned node = 0;
	for (size_t i = 0; i < *rows; i++) {
		struct stored_subscription subscription = with_content(latest[i]);
		write_subscription(parameters, &subscription);
		node = CONTAINER_OF(latest[i], struct subscription_change, keyed)->node;
	}
	parameters_number(parameters, node);
	free(latest);
	return 0;
}

const struct batch_step subscriptions_step_save = {&save_statement, write_saved, NULL};

void storage_save_subscription(struct storage *storage, const struct stored_subscription *subscription,
			       storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct subscription_change) + texts_bytes(&subscription_texts, subscription);
	struct change *change = batch_new_change(storage->batch, CHANGE_SUBSCRIPTION, bytes, done, arg);
	if (!change)
		return;
	struct subscription_change *saved = CONTAINER_OF(change, struct subscription_change, keyed.change);
	saved->keyed.key = subscription->id;
	saved->keyed.removed = false;
	saved->node = storage->options.node;
	saved->subscription = *subscription;
	char *next = saved->bytes;
	texts_copy_to(&subscription_texts, &next, &saved->subscription);
	batch_add(storage->batch, change);
}

/* --- removing ------------------------------------------------------------------------------------------------ */

static const struct statement remove_statement = {
	"subscriptions_remove",
	"DELETE FROM subscriptions WHERE id = ANY ($1::bigint[])",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_SUBSCRIPTION, parameters, rows);
}

const struct batch_step subscriptions_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_subscription(struct storage *storage, int64_t id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_SUBSCRIPTION, id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct subscriptions_read {
	struct read read;
	int64_t after_id; /* the last row read */
	storage_subscription_fn *each;
};

/* Some bring the list that they were asked for with. */
#define LOADED_TOGETHER 500

/* A page of this node's rows; $2: the node, $3: now, $4: how many. */
const struct statement subscriptions_load_statement = {
	"subscriptions_load",
	"SELECT s.id, s.watcher_id, s.device_id, s.created_at, s.expires_at, s.granted, s.local_cseq, s.remote_cseq,"
	" s.generation, s.least_interval, s.most_interval, s.is_adaptive, s.is_list, s.takes_deflate, s.session_id,"
	" s.target, s.flow, s.route_set, s.profile, s.media_type, s.package, s.resource, s.event_id, s.call_id, "
	"s.local_tag, "
	"s.remote_tag,"
	" s.local_aor, s.remote_aor, s.content_type, s.content, a.user_name, a.domain, a.ha1_md5, a.ha1_sha256"
	" FROM subscriptions s JOIN accounts a ON a.id = s.watcher_id"
	" WHERE s.id > $1::bigint AND s.node = $2::bigint AND s.expires_at > $3::bigint"
	"  AND (s.session_id = 0 OR EXISTS (SELECT FROM sessions t WHERE t.id = s.session_id"
	"   AND t.password = a.ha1_sha256 AND t.expires_at > $3::bigint))"
	" ORDER BY s.id LIMIT $4::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)count;
	const struct subscriptions_read *load = CONTAINER_OF(reads[0], struct subscriptions_read, read);
	parameters_number(parameters, load->after_id);
	parameters_number(parameters, storage->options.node);
	parameters_number(parameters, storage_wall_ms() / 1000);
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

static struct stored_subscription row_subscription(const PGresult *rows, int row)
{
	struct stored_subscription subscription = {0};
	int column = 0;
	subscription.id = row_number(rows, row, column++);
	subscription.watcher_id = row_number(rows, row, column++);
	subscription.device_id = row_number(rows, row, column++);
	subscription.created_at_ms = row_number(rows, row, column++);
	subscription.expires_at_s = row_number(rows, row, column++);
	subscription.granted_s = (uint32_t)row_number(rows, row, column++);
	subscription.local_cseq = (uint32_t)row_number(rows, row, column++);
	subscription.remote_cseq = (uint32_t)row_number(rows, row, column++);
	subscription.generation = (uint32_t)row_number(rows, row, column++);
	subscription.least_interval_ms = (uint32_t)row_number(rows, row, column++);
	subscription.most_interval_ms = (uint32_t)row_number(rows, row, column++);
	subscription.is_adaptive = row_number(rows, row, column++) != 0;
	subscription.is_list = row_number(rows, row, column++) != 0;
	subscription.takes_deflate = row_number(rows, row, column++) != 0;
	subscription.session_id = row_number(rows, row, column++);
	texts_read(&subscription_texts, rows, row, column, &subscription);
	return subscription;
}

static struct stored_account row_watcher(const PGresult *rows, int row)
{
	struct stored_account watcher = {0};
	int column = SUBSCRIPTION_NUMBERS + (int)subscription_texts.count;
	watcher.user = row_bytes(rows, row, column++);
	watcher.domain = row_bytes(rows, row, column++);
	row_digest(rows, row, column++, watcher.ha1_md5, sizeof(watcher.ha1_md5));
	row_digest(rows, row, column++, watcher.ha1_sha256, sizeof(watcher.ha1_sha256));
	return watcher;
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct subscriptions_read *load = CONTAINER_OF(reads[0], struct subscriptions_read, read);
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	for (int row = 0; row < row_count; row++) {
		struct stored_subscription subscription = row_subscription(rows, row);
		struct stored_account watcher = row_watcher(rows, row);
		watcher.id = subscription.watcher_id;
		load->after_id = subscription.id;
		load->each(answer->arg, &watcher, &subscription);
	}
	if (row_count < LOADED_TOGETHER)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static const struct read_kind load_kind = {&subscriptions_load_statement, 1, write_load, on_page};

void storage_load_subscriptions(struct storage *storage, storage_subscription_fn *each, storage_done_fn *done,
				void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct subscriptions_read), answer);
	if (!read)
		return;
	struct subscriptions_read *load = CONTAINER_OF(read, struct subscriptions_read, read);
	load->after_id = INT64_MIN;
	load->each = each;
	reads_add(storage->background_reads, read);
}
