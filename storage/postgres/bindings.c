/* Bindings, and the devices that they make known. SPDX-License-Identifier: MIT */
#include "batch.h"
#include "reads.h"

#include "base/error.h"

#include <limits.h>
#include <stdlib.h>

/* One of a change's bindings or removed keys. */
struct binding_entry {
	int64_t account_id, key_id;
	const struct stored_binding *binding; /* NULL: the key is removed */
	size_t place;                         /* later ones overtake */
};

struct bindings_change {
	struct change change;
	uint16_t node;
	size_t entry_count;
	struct binding_entry *entries; /* both point behind the struct */
	struct stored_binding *bindings;
};

/* --- the entries of a batch ---------------------------------------------------------------------------------- */

static const struct bindings_change *as_bindings(const struct change *change)
{
	return change->kind == CHANGE_BINDINGS ? CONTAINER_OF(change, struct bindings_change, change) : NULL;
}

static int compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_entries(const void *left, const void *right)
{
	const struct binding_entry *a = left, *b = right;
	int order = compare_numbers(a->account_id, b->account_id);
	if (order == 0)
		order = compare_numbers(a->key_id, b->key_id);
	return order ? order : (a->place > b->place) - (a->place < b->place);
}

static int compare_devices(const void *left, const void *right)
{
	const struct binding_entry *a = left, *b = right;
	int order = compare_numbers(a->account_id, b->account_id);
	return order ? order : compare_numbers(a->binding->device_id, b->binding->device_id);
}

/* All entries of the batch, in the order of `compare`: all nodes lock rows in one order, and no deadlock comes of
 * it. NULL with `count` 0 where there are none; ERR_NO_MEMORY. The caller frees them. */
static int collect(struct change *const *changes, size_t change_count, bool only_saved,
		   int (*compare)(const void *, const void *), struct binding_entry **entries, size_t *count)
{
	size_t most = 0;
	for (size_t i = 0; i < change_count; i++)
		if (as_bindings(changes[i]))
			most += as_bindings(changes[i])->entry_count;
	*entries = NULL;
	*count = 0;
	if (most == 0)
		return 0;
	*entries = calloc(most, sizeof(**entries));
	if (!*entries)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < change_count; i++) {
		const struct bindings_change *change = as_bindings(changes[i]);
		for (size_t k = 0; change && k < change->entry_count; k++) {
			if (only_saved && !change->entries[k].binding)
				continue;
			(*entries)[*count] = change->entries[k];
			(*entries)[*count].place = *count;
			(*count)++;
		}
	}
	qsort(*entries, *count, sizeof(**entries), compare);
	return 0;
}

/* Whether a later entry of the same binding follows (they are sorted). */
static bool is_overtaken(const struct binding_entry *entries, size_t index, size_t count)
{
	return index + 1 < count && entries[index].account_id == entries[index + 1].account_id &&
	       entries[index].key_id == entries[index + 1].key_id;
}

/* --- devices ------------------------------------------------------------------------------------------------- */

/* A device seen within the last day is left alone; one that was not known inherits what no device has taken.
 * $4: now. */
static const struct statement devices_statement = {
	"bindings_devices",
	"WITH seen AS (INSERT INTO devices (account_id, device_id, first_seen, last_seen, instance)"
	"  SELECT i.account_id, i.device_id, $4::bigint, $4::bigint, i.instance"
	"  FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) AS i(account_id, device_id, instance)"
	"  WHERE NOT EXISTS (SELECT FROM devices d WHERE d.account_id = i.account_id AND d.device_id = i.device_id"
	"   AND d.last_seen > $4::bigint - 86400)"
	"  ON CONFLICT (account_id, device_id) DO UPDATE SET last_seen = greatest(devices.last_seen, "
	"excluded.last_seen)"
	"  RETURNING account_id, device_id, first_seen, last_seen)"
	" INSERT INTO debts (account_id, message_id, device_id, expires_at, sender_id)"
	" SELECT s.account_id, d.message_id, s.device_id, d.expires_at, d.sender_id FROM seen s JOIN debts d"
	"  ON d.account_id = s.account_id AND d.device_id = 0 AND d.expires_at > $4::bigint"
	" WHERE s.first_seen = s.last_seen ON CONFLICT DO NOTHING",
};

static int write_devices(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct binding_entry *entries;
	size_t entry_count;
	int result = collect(changes, count, true, compare_devices, &entries, &entry_count);
	if (result < 0)
		return result;
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned devices = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned instances = parameters_array(parameters, PARAMETER_BYTES);
	const struct binding_entry *written = NULL;
	for (size_t i = 0; i < entry_count; i++) {
		if (entries[i].binding->device_is_fresh || (written && compare_devices(written, &entries[i]) == 0))
			continue;
		written = &entries[i];
		parameters_array_number(parameters, accounts, entries[i].account_id);
		parameters_array_number(parameters, devices, entries[i].binding->device_id);
		parameters_array_bytes(parameters, instances, entries[i].binding->instance);
		(*rows)++;
	}
	parameters_number(parameters, storage_wall_ms() / 1000);
	free(entries);
	return 0;
}

const struct batch_step bindings_step_devices = {&devices_statement, write_devices, NULL};

/* --- saving and removing ------------------------------------------------------------------------------------- */

static const struct statement save_statement = {
	"bindings_save",
	"INSERT INTO bindings AS b (account_id, key_id, device_id, registered_at, expires_at, cseq, reg_id, granted, q,"
	"  node, session_id, key, contact, parameters, instance, path, call_id, user_agent, flow)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]),"
	"  unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]),"
	"  unnest($9::bigint[]), unnest($10::bigint[]), unnest($11::bigint[]), unnest($12::bytea[]),"
	"  unnest($13::bytea[]), unnest($14::bytea[]), unnest($15::bytea[]), unnest($16::bytea[]),"
	"  unnest($17::bytea[]), unnest($18::bytea[]), unnest($19::bytea[])"
	" ON CONFLICT (account_id, key_id) DO UPDATE SET device_id = excluded.device_id,"
	"  registered_at = excluded.registered_at, expires_at = excluded.expires_at, cseq = excluded.cseq,"
	"  reg_id = excluded.reg_id, granted = excluded.granted, q = excluded.q, node = excluded.node,"
	"  session_id = excluded.session_id,"
	"  key = excluded.key, contact = excluded.contact, parameters = excluded.parameters,"
	"  instance = excluded.instance, path = excluded.path, call_id = excluded.call_id,"
	"  user_agent = excluded.user_agent, flow = excluded.flow",
};

enum { BINDING_NUMBERS = 11, BINDING_TEXTS = 8 };

static void write_binding(struct parameters *parameters, const struct binding_entry *entry, unsigned node)
{
	const struct stored_binding *binding = entry->binding;
	const int64_t numbers[BINDING_NUMBERS] = {entry->account_id,
						  entry->key_id,
						  binding->device_id,
						  binding->registered_at_ms,
						  binding->expires_at_s,
						  binding->cseq,
						  binding->reg_id,
						  binding->granted_s,
						  binding->q,
						  node,
						  binding->session_id};
	const struct slice texts[BINDING_TEXTS] = {binding->key,        binding->contact, binding->parameters,
						   binding->instance,   binding->path,    binding->call_id,
						   binding->user_agent, binding->flow};
	for (unsigned i = 0; i < BINDING_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	for (unsigned i = 0; i < BINDING_TEXTS; i++)
		parameters_array_bytes(parameters, BINDING_NUMBERS + i, texts[i]);
}

static unsigned node_of(struct change *const *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (as_bindings(changes[i]))
			return as_bindings(changes[i])->node;
	return 0;
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct binding_entry *entries;
	size_t entry_count;
	int result = collect(changes, count, false, compare_entries, &entries, &entry_count);
	if (result < 0)
		return result;
	for (unsigned i = 0; i < BINDING_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (unsigned i = 0; i < BINDING_TEXTS; i++)
		parameters_array(parameters, PARAMETER_BYTES);
	unsigned node = node_of(changes, count);
	for (size_t i = 0; i < entry_count; i++) {
		if (is_overtaken(entries, i, entry_count) || !entries[i].binding)
			continue;
		write_binding(parameters, &entries[i], node);
		(*rows)++;
	}
	free(entries);
	return 0;
}

const struct batch_step bindings_step_save = {&save_statement, write_saved, NULL};

static const struct statement remove_statement = {
	"bindings_remove",
	"DELETE FROM bindings b USING unnest($1::bigint[], $2::bigint[]) AS r(account_id, key_id)"
	" WHERE b.account_id = r.account_id AND b.key_id = r.key_id",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct binding_entry *entries;
	size_t entry_count;
	int result = collect(changes, count, false, compare_entries, &entries, &entry_count);
	if (result < 0)
		return result;
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned keys = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < entry_count; i++) {
		if (is_overtaken(entries, i, entry_count) || entries[i].binding)
			continue;
		parameters_array_number(parameters, accounts, entries[i].account_id);
		parameters_array_number(parameters, keys, entries[i].key_id);
		(*rows)++;
	}
	free(entries);
	return 0;
}

const struct batch_step bindings_step_remove = {&remove_statement, write_removed, NULL};

static size_t binding_bytes(const struct stored_binding *binding)
{
	return binding->key.length + binding->contact.length + binding->parameters.length + binding->instance.length +
	       binding->path.length + binding->call_id.length + binding->user_agent.length + binding->flow.length;
}

static void copy_binding(struct stored_binding *copy, const struct stored_binding *binding, char **next)
{
	*copy = *binding;
	copy->key = slice_copy_to(next, binding->key);
	copy->contact = slice_copy_to(next, binding->contact);
	copy->parameters = slice_copy_to(next, binding->parameters);
	copy->instance = slice_copy_to(next, binding->instance);
	copy->path = slice_copy_to(next, binding->path);
	copy->call_id = slice_copy_to(next, binding->call_id);
	copy->user_agent = slice_copy_to(next, binding->user_agent);
	copy->flow = slice_copy_to(next, binding->flow);
}

/* Removed keys come first: a key that is removed and saved in one REGISTER is there afterwards. */
static void copy_changes(struct bindings_change *copy, const struct binding_changes *changes)
{
	copy->entries = (struct binding_entry *)(copy + 1);
	copy->bindings = (struct stored_binding *)(copy->entries + changes->removed_count + changes->saved_count);
	char *next = (char *)(copy->bindings + changes->saved_count);
	copy->entry_count = 0;
	for (size_t i = 0; i < changes->removed_count; i++)
		copy->entries[copy->entry_count++] = (struct binding_entry){
			.account_id = changes->account_id, .key_id = storage_hash(changes->removed_keys[i])};
	for (size_t i = 0; i < changes->saved_count; i++) {
		copy_binding(&copy->bindings[i], &changes->saved[i], &next);
		copy->entries[copy->entry_count++] =
			(struct binding_entry){.account_id = changes->account_id,
					       .key_id = storage_hash(changes->saved[i].key),
					       .binding = &copy->bindings[i]};
	}
}

void storage_save_bindings(struct storage *storage, const struct binding_changes *changes, storage_done_fn *done,
			   void *arg)
{
	size_t bytes = sizeof(struct bindings_change) +
		       (changes->saved_count + changes->removed_count) * sizeof(struct binding_entry) +
		       changes->saved_count * sizeof(struct stored_binding);
	for (size_t i = 0; i < changes->saved_count; i++)
		bytes += binding_bytes(&changes->saved[i]);
	struct change *change = batch_new_change(storage->batch, CHANGE_BINDINGS, bytes, done, arg);
	if (!change)
		return;
	struct bindings_change *copy = CONTAINER_OF(change, struct bindings_change, change);
	copy->node = (uint16_t)storage->options.node;
	copy_changes(copy, changes);
	batch_add(storage->batch, change);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct bindings_read {
	struct read read;
	int64_t account_id, key_id; /* the last row read */
	storage_binding_fn *each;
};

#define LOADED_TOGETHER 2000

/* A page of rows, in the order of their keys; $3: now, $4: how many. */
const struct statement bindings_load_statement = {
	"bindings_load",
	"SELECT b.account_id, b.key_id, b.device_id, b.registered_at, b.expires_at, b.cseq, b.reg_id, b.granted, b.q,"
	" b.key, b.contact, b.parameters, b.instance, b.path, b.call_id, b.user_agent, b.flow,"
	" a.user_name, a.domain, a.ha1_md5, a.ha1_sha256, b.session_id"
	" FROM bindings b JOIN accounts a ON a.id = b.account_id"
	" WHERE (b.account_id, b.key_id) > ($1::bigint, $2::bigint) AND b.expires_at > $3::bigint"
	"  AND (b.session_id = 0 OR EXISTS (SELECT FROM sessions s WHERE s.id = b.session_id"
	"   AND s.password = a.ha1_sha256 AND s.expires_at > $3::bigint))"
	" ORDER BY b.account_id, b.key_id LIMIT $4::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct bindings_read *load = CONTAINER_OF(reads[0], struct bindings_read, read);
	parameters_number(parameters, load->account_id);
	parameters_number(parameters, load->key_id);
	parameters_number(parameters, storage_wall_ms() / 1000);
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

static void row_binding(const PGresult *rows, int row, struct stored_account *account, struct stored_binding *binding)
{
	int column = 0;
	*account = (struct stored_account){.id = row_number(rows, row, column++)};
	column++; /* key_id */
	*binding = (struct stored_binding){.account_id = account->id, .device_id = row_number(rows, row, column++)};
	binding->registered_at_ms = row_number(rows, row, column++);
	binding->expires_at_s = row_number(rows, row, column++);
	binding->cseq = (uint32_t)row_number(rows, row, column++);
	binding->reg_id = (uint32_t)row_number(rows, row, column++);
	binding->granted_s = (uint32_t)row_number(rows, row, column++);
	binding->q = (uint16_t)row_number(rows, row, column++);
	binding->key = row_bytes(rows, row, column++);
	binding->contact = row_bytes(rows, row, column++);
	binding->parameters = row_bytes(rows, row, column++);
	binding->instance = row_bytes(rows, row, column++);
	binding->path = row_bytes(rows, row, column++);
	binding->call_id = row_bytes(rows, row, column++);
	binding->user_agent = row_bytes(rows, row, column++);
	binding->flow = row_bytes(rows, row, column++);
	account->user = row_bytes(rows, row, column++);
	account->domain = row_bytes(rows, row, column++);
	row_digest(rows, row, column++, account->ha1_md5, sizeof(account->ha1_md5));
	row_digest(rows, row, column++, account->ha1_sha256, sizeof(account->ha1_sha256));
	binding->session_id = row_number(rows, row, column++);
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct bindings_read *load = CONTAINER_OF(reads[0], struct bindings_read, read);
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	for (int row = 0; row < row_count; row++) {
		struct stored_account account;
		struct stored_binding binding;
		row_binding(rows, row, &account, &binding);
		load->each(answer->arg, &account, &binding);
		load->account_id = account.id;
		load->key_id = row_number(rows, row, 1);
	}
	if (row_count < LOADED_TOGETHER)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static const struct read_kind load_kind = {&bindings_load_statement, 1, write_load, on_page};

void storage_load_bindings(struct storage *storage, storage_binding_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct bindings_read), answer);
	if (!read)
		return;
	struct bindings_read *load = CONTAINER_OF(read, struct bindings_read, read);
	load->account_id = load->key_id = INT64_MIN;
	load->each = each;
	reads_add(storage->background_reads, read);
}
