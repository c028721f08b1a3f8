/* Messages and to whom they are owed: saving, settling, loading. SPDX-License-Identifier: MIT */
#include "messages.h"
#include "conversation_rows.h"
#include "reads.h"

#include "base/error.h"

#include <endian.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>

struct settled_change {
	struct change change;
	int64_t account_id, device_id, message_id;
	bool taken;
};

/* --- saving -------------------------------------------------------------------------------------------------- */

/* A message that is there already is left out, with its debts: they were written with it, or are another's. The
 * condition at the end is not a join because the planner would have to guess how many rows it is for. unnest stands
 * in the lists of what is selected: in a FROM, each array becomes a table first, which was a fifth of the whole. */
static const struct statement save_statement = {
	"messages_save",
	"WITH stored AS (INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, kind, "
	"text_at,"
	"  identity, sender, call_id, request_uri, from_value, to_value, headers, content_type, body)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]),"
	"  unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]), unnest($9::uuid[]),"
	"  unnest($10::bytea[]), unnest($11::bytea[]), unnest($12::bytea[]), unnest($13::bytea[]), "
	"unnest($14::bytea[]),"
	"  unnest($15::bytea[]), unnest($16::bytea[]), unnest($17::bytea[])"
	" ON CONFLICT (identity) DO NOTHING RETURNING id),"
	" owed AS (INSERT INTO debts (account_id, message_id, device_id, expires_at, sender_id)"
	" SELECT * FROM (SELECT unnest($18::bigint[]), unnest($19::bigint[]) AS message_id, unnest($20::bigint[]),"
	"  unnest($21::bigint[]), unnest($22::bigint[])) d"
	" WHERE (d.message_id IN (SELECT id FROM stored)) IS TRUE)"
	" SELECT id FROM stored",
};

struct message_change *message_change_of(struct change *change)
{
	return change->kind == CHANGE_MESSAGE ? CONTAINER_OF(change, struct message_change, change) : NULL;
}

enum { MESSAGE_NUMBERS = 8, MESSAGE_TEXTS = 8, DEBT_NUMBERS = 5 };

static void write_message(struct parameters *parameters, const struct message_change *saved)
{
	const struct stored_message *message = &saved->message;
	const int64_t numbers[MESSAGE_NUMBERS] = {
		message->id,           message->receiver_id, message->sender_id, message->received_at_ms,
		message->expires_at_s, message->cseq,        message->kind,      message->text_at};
	const struct slice texts[MESSAGE_TEXTS] = {message->sender,       message->call_id, message->request_uri,
						   message->from,         message->to,      message->headers,
						   message->content_type, message->body};
	unsigned index = 0;
	for (unsigned i = 0; i < MESSAGE_NUMBERS; i++)
		parameters_array_number(parameters, index++, numbers[i]);
	parameters_array_bytes(parameters, index++, slice_of((const char *)saved->identity, IDENTITY_BYTES));
	for (unsigned i = 0; i < MESSAGE_TEXTS; i++)
		parameters_array_bytes(parameters, index++, texts[i]);
	for (size_t i = 0; i < saved->owed_count; i++) {
		parameters_array_number(parameters, index, message->receiver_id);
		parameters_array_number(parameters, index + 1, message->id);
		parameters_array_number(parameters, index + 2, saved->owed_to[i]);
		parameters_array_number(parameters, index + 3, message->expires_at_s);
		parameters_array_number(parameters, index + 4, message->sender_id);
	}
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	for (unsigned i = 0; i < MESSAGE_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	parameters_array(parameters, PARAMETER_UUIDS);
	for (unsigned i = 0; i < MESSAGE_TEXTS; i++)
		parameters_array(parameters, PARAMETER_BYTES);
	for (unsigned i = 0; i < DEBT_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		struct message_change *saved = message_change_of(changes[i]);
		if (!saved)
			continue;
		saved->stored = false;
		write_message(parameters, saved);
		(*rows)++;
	}
	return 0;
}

/* The ids come in the order of the changes, where they come at all. */
static void read_stored(struct change *const *changes, size_t count, const PGresult *result)
{
	int row = 0, rows = PQntuples(result);
	for (size_t i = 0; i < count; i++) {
		struct message_change *saved = message_change_of(changes[i]);
		if (!saved || saved->stored)
			continue;
		saved->stored = row < rows && row_number(result, row, 0) == saved->message.id;
		if (saved->stored)
			row++;
		saved->change.result = saved->stored ? 0 : ERR_EXISTS;
	}
}

const struct batch_step messages_step_save = {&save_statement, write_saved, read_stored};

/* A message sent a second time may be there because the first time was committed: then its row has our id. This
 * comes behind the saving, which waits for a session that still holds such a row uncommitted. */
static const struct statement check_statement = {
	"messages_check",
	"SELECT m.id FROM unnest($1::uuid[]) WITH ORDINALITY AS w(identity, place)"
	" JOIN messages m ON m.identity = w.identity ORDER BY w.place",
};

static int write_resent(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	unsigned identities = parameters_array(parameters, PARAMETER_UUIDS);
	for (size_t i = 0; i < count; i++) {
		const struct message_change *saved = message_change_of(changes[i]);
		if (!saved || !saved->change.resent)
			continue;
		parameters_array_bytes(parameters, identities, slice_of((const char *)saved->identity, IDENTITY_BYTES));
		(*rows)++;
	}
	return 0;
}

/* Each has a row by now, ours or another's. */
static void read_resent(struct change *const *changes, size_t count, const PGresult *result)
{
	int row = 0, rows = PQntuples(result);
	for (size_t i = 0; i < count && row < rows; i++) {
		struct message_change *saved = message_change_of(changes[i]);
		if (!saved || !saved->change.resent)
			continue;
		if (row_number(result, row++, 0) == saved->message.id)
			saved->change.result = 0;
	}
}

const struct batch_step messages_step_check = {&check_statement, write_resent, read_resent};

/* What makes it the same MESSAGE: sender, receiver, Call-ID, CSeq. */
static bool compute_identity(const struct stored_message *message, uint8_t identity[IDENTITY_BYTES])
{
	char numbers[64];
	int length = snprintf(numbers, sizeof(numbers), "%lld %lu %zu ", (long long)message->receiver_id,
			      (unsigned long)message->cseq, message->sender.length);
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
		    EVP_DigestUpdate(context, numbers, (size_t)length) &&
		    EVP_DigestUpdate(context, message->sender.at, message->sender.length) &&
		    EVP_DigestUpdate(context, message->call_id.at, message->call_id.length) &&
		    EVP_DigestFinal_ex(context, digest, NULL);
	EVP_MD_CTX_free(context);
	if (good)
		memcpy(identity, digest, IDENTITY_BYTES);
	return good;
}

int64_t message_sender_key(const struct stored_message *message)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t number;
	if (message->sender_id > 0)
		return message->sender_id;
	SHA256((const unsigned char *)message->sender.at, message->sender.length, digest);
	memcpy(&number, digest, sizeof(number));
	return (int64_t)(be64toh(number) | UINT64_C(1) << 63);
}

/* What the database is told to be a text must be one: else it could search none of the account's texts. */
static void check_text(struct stored_message *message)
{
	if (message->kind == STORED_MESSAGE_TEXT &&
	    (message->text_at > message->body.length || !storage_is_text(slice_from(message->body, message->text_at))))
		message->kind = STORED_MESSAGE_OTHER;
	if (message->kind != STORED_MESSAGE_TEXT)
		message->text_at = 0;
}

static void copy_message(struct message_change *saved, const struct stored_message *message, const int64_t *owed_to,
			 size_t owed_count)
{
	saved->message = *message;
	saved->message.sender_id = message_sender_key(message);
	check_text(&saved->message);
	saved->owed_count = 0;
	if (!message->taken)
		saved->owed_to[saved->owed_count++] = STORAGE_DEVICE_ANY;
	for (size_t i = 0; i < owed_count; i++)
		saved->owed_to[saved->owed_count++] = owed_to[i];
	char *next = (char *)(saved->owed_to + saved->owed_count);
	saved->message.sender = slice_copy_to(&next, message->sender);
	saved->message.receiver = slice_copy_to(&next, message->receiver);
	saved->message.call_id = slice_copy_to(&next, message->call_id);
	saved->message.request_uri = slice_copy_to(&next, message->request_uri);
	saved->message.from = slice_copy_to(&next, message->from);
	saved->message.to = slice_copy_to(&next, message->to);
	saved->message.headers = slice_copy_to(&next, message->headers);
	saved->message.content_type = slice_copy_to(&next, message->content_type);
	saved->message.body = slice_copy_to(&next, message->body);
}

/* Where the message was there already, its conversation may not be. */
static void on_saved(void *arg, int result)
{
	const struct message_change *saved = arg;
	if (saved->message.kind != STORED_MESSAGE_RECEIPT && (result == 0 || result == ERR_EXISTS))
		conversation_rows_note(saved->storage->conversation_rows, &saved->message);
	saved->done(saved->arg, result);
}

void storage_save_message(struct storage *storage, const struct stored_message *message, const int64_t *owed_to,
			  size_t owed_count, storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct message_change) + (owed_count + 1) * sizeof(int64_t) + message->sender.length +
		       message->receiver.length + message->call_id.length + message->request_uri.length +
		       message->from.length + message->to.length + message->headers.length +
		       message->content_type.length + message->body.length;
	struct change *change = batch_new_change(storage->batch, CHANGE_MESSAGE, bytes, done, arg);
	if (!change)
		return;
	struct message_change *saved = CONTAINER_OF(change, struct message_change, change);
	if (!compute_identity(message, saved->identity)) {
		free(change);
		struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
		storage_refuse(storage, answer, ERR_NO_MEMORY);
		return;
	}
	copy_message(saved, message, owed_to, owed_count);
	saved->storage = storage;
	saved->done = done;
	saved->arg = arg;
	change->done = on_saved;
	change->arg = saved;
	batch_add(storage->batch, change);
}

/* --- settling ------------------------------------------------------------------------------------------------ */

static const struct statement settle_statement = {
	"messages_settle",
	"DELETE FROM debts d USING unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS s(account_id, message_id, "
	"device_id)"
	" WHERE d.account_id = s.account_id AND d.message_id = s.message_id AND d.device_id = s.device_id",
};

static void write_debt(struct parameters *parameters, const struct settled_change *settled, int64_t device_id)
{
	parameters_array_number(parameters, 0, settled->account_id);
	parameters_array_number(parameters, 1, settled->message_id);
	parameters_array_number(parameters, 2, device_id);
}

static int write_settled(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->kind != CHANGE_SETTLED)
			continue;
		const struct settled_change *settled = CONTAINER_OF(changes[i], struct settled_change, change);
		write_debt(parameters, settled, settled->device_id);
		if (settled->taken)
			write_debt(parameters, settled, STORAGE_DEVICE_ANY);
		(*rows)++;
	}
	return 0;
}

const struct batch_step messages_step_settle = {&settle_statement, write_settled, NULL};

void storage_settle_debt(struct storage *storage, int64_t account_id, int64_t device_id, int64_t message_id, bool taken,
			 storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct settled_change);
	struct change *change = batch_new_change(storage->batch, CHANGE_SETTLED, bytes, done, arg);
	if (!change)
		return;
	struct settled_change *settled = CONTAINER_OF(change, struct settled_change, change);
	settled->account_id = account_id;
	settled->device_id = device_id;
	settled->message_id = message_id;
	settled->taken = taken;
	batch_add(storage->batch, change);
}
