/* The contract of storage.h on a real PostgreSQL: settings, accounts, bindings, messages, purging.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S INT64_C(86400)
#define PHONE "<urn:uuid:11111111-1111-1111-1111-111111111111>"
#define TABLET "<urn:uuid:22222222-2222-2222-2222-222222222222>"

static struct postgres server;

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static struct stored_message make_message(struct storage_world *world, int64_t receiver, const char *call_id)
{
	return (struct stored_message){.id = storage_next_message_id(world->storage),
				       .receiver_id = receiver,
				       .sender_id = 77,
				       .sender = SLICE("alice@example.test"),
				       .call_id = slice_text(call_id),
				       .cseq = 4294967295U,
				       .request_uri = SLICE("sip:bob@example.test"),
				       .from = SLICE("\"\xc3\x84lice\" <sip:alice@example.test>;tag=1"),
				       .to = SLICE("<sip:bob@example.test>"),
				       .headers = SLICE("Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"),
				       .content_type = SLICE("application/octet-stream"),
				       .body = SLICE("\0\xff\xfe'\\"),
				       .received_at_ms = now_s() * 1000,
				       .expires_at_s = now_s() + DAY_S};
}

static int save_message(struct storage_world *world, const struct stored_message *message, const int64_t *owed,
			size_t count)
{
	struct outcome outcome = {.result = 1};
	storage_save_message(world->storage, message, owed, count, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	return outcome.result;
}

static int settle(struct storage_world *world, int64_t account, int64_t device, int64_t message, bool taken)
{
	struct outcome outcome = {.result = 1};
	storage_settle_debt(world->storage, account, device, message, taken, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	return outcome.result;
}

static int forget_device(struct storage_world *world, int64_t account, int64_t device)
{
	struct outcome outcome = {.result = 1};
	storage_forget_device(world->storage, account, device, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	return outcome.result;
}

static struct stored_binding make_binding(int64_t account, const char *key, const char *instance)
{
	return (struct stored_binding){.account_id = account,
				       .key = slice_text(key),
				       .contact = SLICE("sip:bob@192.0.2.1;ob"),
				       .parameters = SLICE("+sip.instance=\"x\";reg-id=1"),
				       .instance = slice_text(instance),
				       .path = SLICE("<sip:edge.example.test;lr>"),
				       .call_id = SLICE("reg-1"),
				       .user_agent = SLICE("caf\xe9/1.0"),
				       .flow = SLICE("udp\0flow"),
				       .device_id = storage_device_id(slice_text(instance)),
				       .expires_at_s = now_s() + 3600,
				       .registered_at_ms = now_s() * 1000,
				       .cseq = 4294967295U,
				       .reg_id = 1,
				       .q = 1000,
				       .granted_s = 3600};
}

static int save_bindings(struct storage_world *world, int64_t account, const struct stored_binding *saved, size_t count,
			 const struct slice *removed, size_t removed_count)
{
	struct outcome outcome = {.result = 1};
	struct binding_changes changes = {.account_id = account,
					  .saved = saved,
					  .saved_count = count,
					  .removed_keys = removed,
					  .removed_count = removed_count};
	storage_save_bindings(world->storage, &changes, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	return outcome.result;
}

/* --- loading, with what the callbacks saw --------------------------------------------------------------------- */

struct loaded_account {
	struct outcome outcome;
	struct stored_account account;
	char user[64];
	size_t device_count;
	struct stored_device devices[8];
	uint32_t mailbox;
};

static void on_account(void *arg, int result, const struct stored_account *account, const struct stored_device *devices,
		       size_t device_count, uint32_t mailbox)
{
	struct loaded_account *loaded = arg;
	outcome_done(&loaded->outcome, result);
	if (!account)
		return;
	loaded->account = *account;
	(void)snprintf(loaded->user, sizeof(loaded->user), "%.*s", SLICE_ARGS(account->user));
	loaded->device_count = device_count;
	for (size_t i = 0; i < device_count && i < 8; i++)
		loaded->devices[i] = devices[i];
	loaded->mailbox = mailbox;
}

static void load_account(struct storage_world *world, const char *user, struct loaded_account *loaded)
{
	*loaded = (struct loaded_account){.outcome.result = 1};
	storage_load_account(world->storage, slice_text(user), SLICE("example.test"), on_account, loaded);
	while (loaded->outcome.calls == 0)
		storage_world_turn(world);
}

static uint32_t owed_to(const struct loaded_account *loaded, const char *instance)
{
	for (size_t i = 0; i < loaded->device_count; i++)
		if (loaded->devices[i].device_id == storage_device_id(slice_text(instance)))
			return loaded->devices[i].owed;
	return UINT32_MAX;
}

struct loaded_messages {
	struct outcome outcome;
	size_t count;
	int64_t ids[64];
	char body[64], from[128];
	size_t body_length;
	uint32_t cseq;
	bool taken;
};

static void on_message(void *arg, const struct stored_message *message)
{
	struct loaded_messages *loaded = arg;
	loaded->ids[loaded->count++ % 64] = message->id;
	loaded->body_length = message->body.length;
	memcpy(loaded->body, message->body.at, message->body.length < 64 ? message->body.length : 64);
	(void)snprintf(loaded->from, sizeof(loaded->from), "%.*s", SLICE_ARGS(message->from));
	loaded->cseq = message->cseq;
	loaded->taken = message->taken;
}

static void load_debts(struct storage_world *world, int64_t account, int64_t device, int64_t after, unsigned most,
		       struct loaded_messages *loaded)
{
	*loaded = (struct loaded_messages){.outcome.result = 1};
	storage_load_debts(world->storage, account, device, after, most, on_message, outcome_done, loaded);
	while (loaded->outcome.calls == 0)
		storage_world_turn(world);
}

/* --- settings and accounts ------------------------------------------------------------------------------------ */

struct loaded_setting {
	struct outcome outcome;
	char value[32];
};

static void on_setting(void *arg, int result, struct slice value)
{
	struct loaded_setting *loaded = arg;
	outcome_done(&loaded->outcome, result);
	(void)snprintf(loaded->value, sizeof(loaded->value), "%.*s", SLICE_ARGS(value));
}

static void a_setting_keeps_its_first_value(void)
{
	struct storage_world world;
	struct loaded_setting first = {{0}, ""}, second = {{0}, ""};
	storage_world_open(&world, &server, NULL);
	storage_setting(world.storage, "nonce_key", SLICE("one"), on_setting, &first);
	CHECK_NUMBER(first.outcome.calls, 0);
	WAIT_FOR(&world, first.outcome.calls == 1);
	storage_setting(world.storage, "nonce_key", SLICE("two"), on_setting, &second);
	WAIT_FOR(&world, second.outcome.calls == 1);
	CHECK_TEXT(slice_text(first.value), "one");
	CHECK_TEXT(slice_text(second.value), "one");
	storage_world_close(&world);
}

static void an_account_is_loaded_with_its_hashes_and_without_devices(void)
{
	struct storage_world world;
	struct loaded_account loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	load_account(&world, "bob", &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.account.id, bob);
	CHECK_TEXT(slice_text(loaded.user), "bob");
	CHECK_NUMBER(loaded.device_count, 0);
	CHECK_NUMBER(loaded.mailbox, 0);
	/* md5('bob'), as the fixture makes it */
	CHECK(memcmp(loaded.account.ha1_md5, "\x9f\x9d\x51\xbc\x70\xef\x21\xca\x5c\x14\xf3\x07\x98\x0a\x29\xd8", 16) ==
	      0);
	storage_world_close(&world);
}

static void accounts_asked_for_together_are_answered_each(void)
{
	struct storage_world world;
	static struct loaded_account loaded[200];
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256) SELECT 'u' || i,"
			  " 'example.test', decode(md5('x'), 'hex'), sha256('x') FROM generate_series(0, 199, 2) i");
	for (unsigned i = 0; i < 200; i++) {
		char user[16];
		(void)snprintf(user, sizeof(user), "u%u", i);
		loaded[i] = (struct loaded_account){.outcome.result = 1};
		storage_load_account(world.storage, slice_text(user), SLICE("example.test"), on_account, &loaded[i]);
	}
	for (unsigned i = 0; i < 200; i++)
		WAIT_FOR(&world, loaded[i].outcome.calls == 1);
	for (unsigned i = 0; i < 200; i++) {
		char user[16];
		(void)snprintf(user, sizeof(user), "u%u", i);
		CHECK_NUMBER(loaded[i].outcome.result, i % 2 ? ERR_NOT_FOUND : 0);
		CHECK_TEXT(slice_text(loaded[i].user), i % 2 ? "" : user);
	}
	storage_world_close(&world);
}

static void names_that_are_no_text_are_not_found(void)
{
	static const char *const names[] = {"\xff",     "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
					    "\xe2\x82", "\xc3"};
	struct storage_world world;
	struct loaded_account loaded, good;
	storage_world_open(&world, &server, NULL);
	storage_world_add_account(&server, "b\xc3\xb6"
					   "b");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		load_account(&world, names[i], &loaded);
		CHECK_NUMBER(loaded.outcome.result, ERR_NOT_FOUND);
	}
	load_account(&world,
		     "b\xc3\xb6"
		     "b",
		     &good);
	CHECK_NUMBER(good.outcome.result, 0);
	storage_world_close(&world);
}

/* --- bindings ------------------------------------------------------------------------------------------------- */

struct loaded_bindings {
	struct outcome outcome;
	size_t count;
	struct stored_binding last;
	char key[64], user_agent[64], user[64];
	size_t flow_length;
};

static void on_binding(void *arg, const struct stored_account *account, const struct stored_binding *binding)
{
	struct loaded_bindings *loaded = arg;
	loaded->count++;
	loaded->last = *binding;
	loaded->flow_length = binding->flow.length;
	(void)snprintf(loaded->key, sizeof(loaded->key), "%.*s", SLICE_ARGS(binding->key));
	(void)snprintf(loaded->user_agent, sizeof(loaded->user_agent), "%.*s", SLICE_ARGS(binding->user_agent));
	(void)snprintf(loaded->user, sizeof(loaded->user), "%.*s", SLICE_ARGS(account->user));
}

static void load_bindings(struct storage_world *world, struct loaded_bindings *loaded)
{
	*loaded = (struct loaded_bindings){.outcome.result = 1};
	storage_load_bindings(world->storage, on_binding, outcome_done, loaded);
	while (loaded->outcome.calls == 0)
		storage_world_turn(world);
}

static void a_binding_comes_back_as_it_was_saved(void)
{
	struct storage_world world;
	struct loaded_bindings loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding binding = make_binding(bob, "key-1", PHONE);
	CHECK_NUMBER(save_bindings(&world, bob, &binding, 1, NULL, 0), 0);
	load_bindings(&world, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_TEXT(slice_text(loaded.user), "bob");
	CHECK_TEXT(slice_text(loaded.key), "key-1");
	CHECK_TEXT(slice_text(loaded.user_agent), "caf\xe9/1.0");
	CHECK_NUMBER(loaded.flow_length, 8);
	CHECK_NUMBER(loaded.last.account_id, bob);
	CHECK_NUMBER(loaded.last.device_id, binding.device_id);
	CHECK_NUMBER(loaded.last.expires_at_s, binding.expires_at_s);
	CHECK_NUMBER(loaded.last.registered_at_ms, binding.registered_at_ms);
	CHECK_NUMBER(loaded.last.cseq, 4294967295U);
	CHECK_NUMBER(loaded.last.reg_id, 1);
	CHECK_NUMBER(loaded.last.q, 1000);
	CHECK_NUMBER(loaded.last.granted_s, 3600);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT node FROM bindings"), 7);
	storage_world_close(&world);
}

static void a_refresh_replaces_and_a_removal_deletes(void)
{
	struct storage_world world;
	struct loaded_bindings loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding both[2] = {make_binding(bob, "key-1", PHONE), make_binding(bob, "key-2", TABLET)};
	CHECK_NUMBER(save_bindings(&world, bob, both, 2, NULL, 0), 0);
	both[1].expires_at_s += 100;
	struct slice gone = SLICE("key-1");
	CHECK_NUMBER(save_bindings(&world, bob, &both[1], 1, &gone, 1), 0);
	load_bindings(&world, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_TEXT(slice_text(loaded.key), "key-2");
	CHECK_NUMBER(loaded.last.expires_at_s, both[1].expires_at_s);
	storage_world_close(&world);
}

static void expired_bindings_are_not_loaded(void)
{
	struct storage_world world;
	struct loaded_bindings loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding binding = make_binding(bob, "key-1", PHONE);
	binding.expires_at_s = now_s() - 1;
	CHECK_NUMBER(save_bindings(&world, bob, &binding, 1, NULL, 0), 0);
	load_bindings(&world, &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void many_bindings_are_loaded_page_by_page(void)
{
	struct storage_world world;
	struct loaded_bindings loaded;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256) SELECT 'u' || i,"
			  " 'example.test', decode(md5('x'), 'hex'), sha256('x') FROM generate_series(1, 1000) i");
	storage_world_sql(&server,
			  "INSERT INTO bindings SELECT a.id, k, 1, 0, 9999999999, 1, 0, 60, 0, 7, 'k', 'c', '', '',"
			  " '', '', '', '' FROM accounts a, generate_series(1, 5) k");
	load_bindings(&world, &loaded);
	CHECK_NUMBER(loaded.count, 5000);
	storage_world_close(&world);
}

/* --- messages ------------------------------------------------------------------------------------------------- */

static void a_message_comes_back_as_it_was_saved(void)
{
	struct storage_world world;
	struct loaded_messages loaded;
	int64_t phone = storage_device_id(SLICE(PHONE));
	storage_world_open(&world, &server, NULL);
	struct stored_message message = make_message(&world, 5, "call-1");
	CHECK_NUMBER(save_message(&world, &message, &phone, 1), 0);
	load_debts(&world, 5, phone, 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.ids[0], message.id);
	CHECK_NUMBER(loaded.body_length, 5);
	CHECK(memcmp(loaded.body, "\0\xff\xfe'\\", 5) == 0);
	CHECK(slice_equal(slice_text(loaded.from), message.from));
	CHECK_NUMBER(loaded.cseq, 4294967295U);
	CHECK(!loaded.taken);
	storage_world_close(&world);
}

static void debts_come_in_order_and_in_slices(void)
{
	struct storage_world world;
	struct loaded_messages loaded;
	int64_t phone = storage_device_id(SLICE(PHONE)), ids[5];
	storage_world_open(&world, &server, NULL);
	for (unsigned i = 0; i < 5; i++) {
		char call_id[16];
		(void)snprintf(call_id, sizeof(call_id), "call-%u", i);
		struct stored_message message = make_message(&world, 5, call_id);
		ids[i] = message.id;
		CHECK_NUMBER(save_message(&world, &message, &phone, 1), 0);
	}
	load_debts(&world, 5, phone, 0, 3, &loaded);
	CHECK_NUMBER(loaded.count, 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_NUMBER(loaded.ids[i], ids[i]);
	load_debts(&world, 5, phone, ids[2], 10, &loaded);
	CHECK_NUMBER(loaded.count, 2);
	CHECK_NUMBER(loaded.ids[1], ids[4]);
	load_debts(&world, 5, storage_device_id(SLICE(TABLET)), 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void what_has_expired_is_not_offered_or_counted(void)
{
	struct storage_world world;
	struct loaded_messages loaded;
	struct loaded_account account;
	int64_t phone = storage_device_id(SLICE(PHONE));
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_message message = make_message(&world, bob, "call-1");
	message.expires_at_s = now_s() - 1;
	CHECK_NUMBER(save_message(&world, &message, &phone, 1), 0);
	load_debts(&world, bob, phone, 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	load_account(&world, "bob", &account);
	CHECK_NUMBER(account.mailbox, 0);
	storage_world_close(&world);
}

static void the_same_message_is_kept_once_whatever_its_id(void)
{
	struct storage_world world;
	int64_t phone = storage_device_id(SLICE(PHONE));
	storage_world_open(&world, &server, NULL);
	struct stored_message first = make_message(&world, 5, "call-1"), second = make_message(&world, 5, "call-1");
	struct stored_message other = make_message(&world, 6, "call-1");
	CHECK_NUMBER(save_message(&world, &first, &phone, 1), 0);
	CHECK_NUMBER(save_message(&world, &second, &phone, 1), ERR_EXISTS);
	CHECK_NUMBER(save_message(&world, &other, &phone, 1), 0); /* another receiver: RFC 3261 §16.6, forked */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 4);
	storage_world_close(&world);
}

static void the_same_message_twice_in_one_batch_is_kept_once(void)
{
	struct storage_world world;
	struct outcome outcomes[3] = {{1, 0}, {1, 0}, {1, 0}};
	storage_world_open(&world, &server, NULL);
	struct stored_message messages[3] = {make_message(&world, 5, "call-1"), make_message(&world, 5, "call-1"),
					     make_message(&world, 5, "call-2")};
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < 3; i++)
		storage_save_message(world.storage, &messages[i], NULL, 0, outcome_done, &outcomes[i]);
	WAIT_FOR(&world, outcomes[0].calls && outcomes[1].calls && outcomes[2].calls);
	CHECK_NUMBER(outcomes[0].result, 0);
	CHECK_NUMBER(outcomes[1].result, ERR_EXISTS);
	CHECK_NUMBER(outcomes[2].result, 0);
	storage_world_close(&world);
}

static void a_taken_message_is_history_only(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	struct stored_message message = make_message(&world, 5, "call-1");
	message.taken = true;
	CHECK_NUMBER(save_message(&world, &message, NULL, 0), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 0);
	storage_world_close(&world);
}

static void a_settled_debt_is_gone_for_that_device_only(void)
{
	struct storage_world world;
	struct loaded_account account;
	int64_t owed[2] = {storage_device_id(SLICE(PHONE)), storage_device_id(SLICE(TABLET))};
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding both[2] = {make_binding(bob, "key-1", PHONE), make_binding(bob, "key-2", TABLET)};
	CHECK_NUMBER(save_bindings(&world, bob, both, 2, NULL, 0), 0);
	struct stored_message message = make_message(&world, bob, "call-1");
	CHECK_NUMBER(save_message(&world, &message, owed, 2), 0);
	load_account(&world, "bob", &account);
	CHECK_NUMBER(account.device_count, 2);
	CHECK_NUMBER(owed_to(&account, PHONE), 1);
	CHECK_NUMBER(account.mailbox, 1);
	CHECK_NUMBER(settle(&world, bob, owed[0], message.id, true), 0);
	load_account(&world, "bob", &account);
	CHECK_NUMBER(owed_to(&account, PHONE), 0);
	CHECK_NUMBER(owed_to(&account, TABLET), 1);
	CHECK_NUMBER(account.mailbox, 1);
	CHECK_NUMBER(settle(&world, bob, owed[1], message.id, true), 0);
	CHECK_NUMBER(settle(&world, bob, owed[1], message.id, true), 0); /* twice does no harm */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 0);
	storage_world_close(&world);
}

static void refused_for_good_stays_owed_to_whoever_comes(void)
{
	struct storage_world world;
	int64_t phone = storage_device_id(SLICE(PHONE));
	storage_world_open(&world, &server, NULL);
	struct stored_message message = make_message(&world, 5, "call-1");
	CHECK_NUMBER(save_message(&world, &message, &phone, 1), 0);
	CHECK_NUMBER(settle(&world, 5, phone, message.id, false), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT sum(device_id) FROM debts"), STORAGE_DEVICE_ANY);
	storage_world_close(&world);
}

static void new_devices_inherit_what_no_device_has_taken(void)
{
	struct storage_world world;
	struct loaded_messages loaded;
	int64_t phone = storage_device_id(SLICE(PHONE)), tablet = storage_device_id(SLICE(TABLET));
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_message waits = make_message(&world, bob, "waits"), taken = make_message(&world, bob, "taken");
	CHECK_NUMBER(save_message(&world, &waits, NULL, 0), 0);
	CHECK_NUMBER(save_message(&world, &taken, NULL, 0), 0);
	CHECK_NUMBER(settle(&world, bob, STORAGE_DEVICE_WITHOUT_INSTANCE, taken.id, true), 0);
	/* Two at once: both get it. */
	struct stored_binding both[2] = {make_binding(bob, "key-1", PHONE), make_binding(bob, "key-2", TABLET)};
	CHECK_NUMBER(save_bindings(&world, bob, both, 2, NULL, 0), 0);
	load_debts(&world, bob, phone, 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.ids[0], waits.id);
	load_debts(&world, bob, tablet, 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	/* A device that is known already does not get again what it has settled. */
	CHECK_NUMBER(settle(&world, bob, phone, waits.id, false), 0);
	CHECK_NUMBER(save_bindings(&world, bob, both, 2, NULL, 0), 0);
	load_debts(&world, bob, phone, 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void a_forgotten_device_goes_with_its_debts_and_comes_back_new(void)
{
	struct storage_world world;
	struct loaded_messages loaded;
	struct loaded_account account;
	int64_t owed[2] = {storage_device_id(SLICE(PHONE)), storage_device_id(SLICE(TABLET))};
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding both[2] = {make_binding(bob, "key-1", PHONE), make_binding(bob, "key-2", TABLET)};
	struct slice keys[2] = {both[0].key, both[1].key};
	CHECK_NUMBER(save_bindings(&world, bob, both, 2, NULL, 0), 0);
	CHECK_NUMBER(save_bindings(&world, bob, NULL, 0, keys, 2), 0);
	struct stored_message waits = make_message(&world, bob, "waits"), taken = make_message(&world, bob, "taken");
	taken.taken = true;
	CHECK_NUMBER(save_message(&world, &waits, owed, 2), 0);
	CHECK_NUMBER(save_message(&world, &taken, owed, 2), 0);
	CHECK_NUMBER(forget_device(&world, bob, owed[0]), 0);
	CHECK_NUMBER(forget_device(&world, bob, owed[0]), 0); /* twice does no harm */
	load_account(&world, "bob", &account);
	CHECK_NUMBER(account.device_count, 1);
	CHECK_NUMBER(owed_to(&account, TABLET), 2);
	CHECK_NUMBER(account.mailbox, 2);
	load_debts(&world, bob, owed[0], 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	CHECK_NUMBER(save_bindings(&world, bob, &both[0], 1, NULL, 0), 0);
	load_debts(&world, bob, owed[0], 0, 10, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.ids[0], waits.id);
	storage_world_close(&world);
}

/* All in one batch: the message is gone for the device, the device is there again. */
static void what_is_asked_before_and_after_forgetting_keeps_its_order(void)
{
	struct storage_world world;
	struct outcome outcomes[3] = {{1, 0}, {1, 0}, {1, 0}};
	int64_t phone = storage_device_id(SLICE(PHONE));
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_binding binding = make_binding(bob, "key-1", PHONE);
	struct binding_changes changes = {.account_id = bob, .saved = &binding, .saved_count = 1};
	CHECK_NUMBER(save_bindings(&world, bob, &binding, 1, NULL, 0), 0);
	struct stored_message message = make_message(&world, bob, "call-1");
	message.taken = true;
	storage_save_message(world.storage, &message, &phone, 1, outcome_done, &outcomes[0]);
	storage_forget_device(world.storage, bob, phone, outcome_done, &outcomes[1]);
	storage_save_bindings(world.storage, &changes, outcome_done, &outcomes[2]);
	WAIT_FOR(&world, outcomes[0].calls && outcomes[1].calls && outcomes[2].calls);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM devices"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 0);
	storage_world_close(&world);
}

static void devices_are_loaded_with_when_they_were_seen(void)
{
	struct storage_world world;
	struct loaded_account account;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	storage_world_sql(&server, "INSERT INTO devices SELECT id, d, 1, 1000 + 10 * (d % 3), '' FROM accounts,"
				   " generate_series(5, 7) d");
	load_account(&world, "bob", &account);
	CHECK_NUMBER(account.account.id, bob);
	CHECK_NUMBER(account.device_count, 3);
	for (unsigned i = 0; i < 3; i++)
		CHECK_NUMBER(account.devices[i].last_seen_s, 1000 + 10 * i); /* the longest unseen comes first */
	storage_world_close(&world);
}

struct recents {
	struct outcome outcome;
	unsigned count, taken;
	int64_t receiver;
	char call_id[32];
};

static void on_recent(void *arg, int64_t receiver_id, struct slice sender, struct slice call_id, uint32_t cseq,
		      bool taken)
{
	struct recents *recents = arg;
	(void)sender;
	(void)cseq;
	if (recents->count++ == 0)
		(void)snprintf(recents->call_id, sizeof(recents->call_id), "%.*s", SLICE_ARGS(call_id));
	recents->taken += taken;
	recents->receiver = receiver_id;
}

static void recent_messages_come_newest_first_with_their_fate(void)
{
	struct storage_world world;
	struct recents recents = {.outcome.result = 1};
	storage_world_open(&world, &server, NULL);
	struct stored_message old = make_message(&world, 5, "old"), one = make_message(&world, 5, "one");
	struct stored_message two = make_message(&world, 5, "two");
	old.received_at_ms -= 600000;
	two.taken = true;
	CHECK_NUMBER(save_message(&world, &old, NULL, 0), 0);
	CHECK_NUMBER(save_message(&world, &one, NULL, 0), 0);
	CHECK_NUMBER(save_message(&world, &two, NULL, 0), 0);
	storage_load_recent(world.storage, one.received_at_ms - 1000, 100, on_recent, outcome_done, &recents);
	WAIT_FOR(&world, recents.outcome.calls == 1);
	CHECK_NUMBER(recents.count, 2);
	CHECK_NUMBER(recents.taken, 1);
	CHECK_NUMBER(recents.receiver, 5);
	CHECK_TEXT(slice_text(recents.call_id), "two");
	storage_world_close(&world);
}

static void message_ids_grow_and_carry_the_node(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	int64_t last = 0;
	for (unsigned i = 0; i < 20000; i++) {
		int64_t id = storage_next_message_id(world.storage);
		CHECK(id > last);
		CHECK_NUMBER(id >> 12 & 0xff, 7);
		last = id;
	}
	CHECK(last >> 20 >= (now_s() - 1577836800) * 1000 - 1000);
	storage_world_close(&world);
}

static void device_ids_are_never_those_with_a_meaning(void)
{
	CHECK_NUMBER(storage_device_id(slice_of(NULL, 0)), STORAGE_DEVICE_WITHOUT_INSTANCE);
	CHECK(storage_device_id(SLICE(PHONE)) != storage_device_id(SLICE(TABLET)));
	CHECK(storage_device_id(SLICE(PHONE)) == storage_device_id(SLICE(PHONE)));
}

/* --- purging and the end -------------------------------------------------------------------------------------- */

struct purged {
	struct outcome outcome;
	bool more;
};

static void on_purged(void *arg, int result, bool more)
{
	struct purged *purged = arg;
	outcome_done(&purged->outcome, result);
	purged->more = more;
}

static unsigned purge_all(struct storage_world *world, int64_t history_s, int64_t device_s, unsigned most)
{
	for (unsigned rounds = 1; rounds < 100; rounds++) {
		struct purged purged = {.outcome.result = 1};
		storage_purge(world->storage, history_s, device_s, most, on_purged, &purged);
		while (purged.outcome.calls == 0)
			storage_world_turn(world);
		if (purged.outcome.result != 0)
			return 0;
		if (!purged.more)
			return rounds;
	}
	return 0;
}

static void purging_deletes_what_is_over_and_nothing_else(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO bindings SELECT a, k, 1, 0, CASE k WHEN 1 THEN 9999999999 ELSE 1 END, 1, 0,"
			  " 60, 0, 7, 'k', 'c', '', '', '', '', '', '' FROM generate_series(1, 10) a,"
			  " generate_series(1, 3) k");
	storage_world_sql(&server, "INSERT INTO devices SELECT a, 5, 0, CASE a WHEN 1 THEN 9999999999 ELSE 1 END, ''"
				   " FROM generate_series(1, 10) a");
	/* 1 … 10 are owed for ever, 11 … 20 were owed until lately, 21 … 30 are owed to nobody, 31 … 40 are new. */
	storage_world_sql(&server,
			  "INSERT INTO messages SELECT i, 1, 0, CASE WHEN i > 30 THEN 9999999999000 ELSE 1 END, 1, 1,"
			  " md5(i::text)::uuid, '', '', '', '', '', '', '', '' FROM generate_series(1, 40) i");
	storage_world_sql(&server, "INSERT INTO debts SELECT 1, i, 5, CASE WHEN i > 10 THEN 1 ELSE 9999999999 END, 0"
				   " FROM generate_series(1, 20) i");
	storage_world_sql(&server, "INSERT INTO debts SELECT 2, i, 5, 9999999999, 0 FROM generate_series(1, 3) i");
	unsigned rounds = purge_all(&world, DAY_S, 30 * DAY_S, 4);
	CHECK(rounds > 2);
	CHECK(purge_all(&world, DAY_S, 30 * DAY_S, 1000) > 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM bindings"), 10);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM devices"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 10); /* device 5 of account 2 is gone */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 20);
	storage_world_close(&world);
}

static void closing_commits_what_waits(void)
{
	struct storage_world world;
	static struct outcome outcomes[2000];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < 2000; i++) {
		char call_id[16];
		(void)snprintf(call_id, sizeof(call_id), "call-%u", i);
		struct stored_message message = make_message(&world, 5, call_id);
		outcomes[i] = (struct outcome){.result = 1};
		storage_save_message(world.storage, &message, NULL, 0, outcome_done, &outcomes[i]);
	}
	storage_world_close(&world);
	for (unsigned i = 0; i < 2000; i++)
		CHECK(outcomes[i].calls == 1 && outcomes[i].result == 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 2000);
}

static void after_closing_nothing_is_taken(void)
{
	struct storage_world world;
	struct outcome outcome = {.result = 1};
	storage_world_open(&world, &server, NULL);
	storage_close(world.storage, NULL, NULL);
	storage_settle_debt(world.storage, 1, 1, 1, true, outcome_done, &outcome);
	CHECK_NUMBER(outcome.calls, 0);
	WAIT_FOR(&world, outcome.calls == 1);
	CHECK_NUMBER(outcome.result, ERR_STORAGE_AWAY);
	uv_close((uv_handle_t *)&world.tick, NULL);
	while (uv_run(&world.loop, UV_RUN_NOWAIT) != 0)
		continue;
	storage_destroy(world.storage);
	uv_loop_close(&world.loop);
	timers_destroy(world.timers);
}

static void on_closed(void *arg)
{
	*(bool *)arg = true;
}

static void without_a_server_it_opens_refuses_and_closes(void)
{
	uv_loop_t loop;
	struct outcome outcome = {.result = 1};
	struct storage_events events = {0};
	struct storage_options options = {.connection = "host=/nowhere",
					  .batch_changes = 8,
					  .queue_changes = 8,
					  .reconnect_ms = 1,
					  .reconnect_most_ms = 2};
	bool closed = false;
	CHECK_NUMBER(uv_loop_init(&loop), 0);
	struct timers *timers = timers_create(0);
	struct storage *storage = timers ? storage_create(&loop, timers, NULL, &options, &events) : NULL;
	if (storage) {
		storage_settle_debt(storage, 1, 2, 3, true, outcome_done, &outcome);
		for (int64_t now_ms = 1; now_ms < 20; now_ms++) {
			timers_run(timers, now_ms);
			uv_run(&loop, UV_RUN_NOWAIT);
		}
		storage_close(storage, on_closed, &closed);
		while (!closed)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	storage_destroy(storage);
	timers_destroy(timers);
	CHECK_NUMBER(uv_loop_close(&loop), 0);
	CHECK(closed);
	CHECK_NUMBER(outcome.calls, 1);
	CHECK_NUMBER(outcome.result, ERR_STORAGE_AWAY);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(a_setting_keeps_its_first_value),
	DATABASE_TEST(an_account_is_loaded_with_its_hashes_and_without_devices),
	DATABASE_TEST(accounts_asked_for_together_are_answered_each),
	DATABASE_TEST(names_that_are_no_text_are_not_found),
	DATABASE_TEST(a_binding_comes_back_as_it_was_saved),
	DATABASE_TEST(a_refresh_replaces_and_a_removal_deletes),
	DATABASE_TEST(expired_bindings_are_not_loaded),
	DATABASE_TEST(many_bindings_are_loaded_page_by_page),
	DATABASE_TEST(a_message_comes_back_as_it_was_saved),
	DATABASE_TEST(debts_come_in_order_and_in_slices),
	DATABASE_TEST(what_has_expired_is_not_offered_or_counted),
	DATABASE_TEST(the_same_message_is_kept_once_whatever_its_id),
	DATABASE_TEST(the_same_message_twice_in_one_batch_is_kept_once),
	DATABASE_TEST(a_taken_message_is_history_only),
	DATABASE_TEST(a_settled_debt_is_gone_for_that_device_only),
	DATABASE_TEST(refused_for_good_stays_owed_to_whoever_comes),
	DATABASE_TEST(new_devices_inherit_what_no_device_has_taken),
	DATABASE_TEST(a_forgotten_device_goes_with_its_debts_and_comes_back_new),
	DATABASE_TEST(what_is_asked_before_and_after_forgetting_keeps_its_order),
	DATABASE_TEST(devices_are_loaded_with_when_they_were_seen),
	DATABASE_TEST(recent_messages_come_newest_first_with_their_fate),
	DATABASE_TEST(message_ids_grow_and_carry_the_node),
	DATABASE_TEST(device_ids_are_never_those_with_a_meaning),
	DATABASE_TEST(purging_deletes_what_is_over_and_nothing_else),
	DATABASE_TEST(closing_commits_what_waits),
	DATABASE_TEST(after_closing_nothing_is_taken),
	{"without_a_server_it_opens_refuses_and_closes", without_a_server_it_opens_refuses_and_closes, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
