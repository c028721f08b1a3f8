/* Mailboxes and tokens on the command line's side, and what goes with an account. SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres server;

static struct administration *open_administration(void)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	storage_world_sql(&server, "TRUNCATE accounts, subscriptions, publications, mailboxes, mailbox_users, tokens");
	return administration_open(server.connection, error);
}

/* What was listed, as text. */
struct listed {
	char text[512];
};

static void append(struct listed *listed, const char *text)
{
	size_t used = strlen(listed->text);
	(void)snprintf(listed->text + used, sizeof(listed->text) - used, "%s", text);
}

static void on_count(void *arg, const struct stored_message_count *count)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s:%.*s %u/%u (%u/%u); ", SLICE_ARGS(count->mailbox),
		       SLICE_ARGS(count->class_name), count->fresh, count->old, count->urgent_fresh, count->urgent_old);
	append(arg, text);
}

static void on_user(void *arg, struct slice mailbox, struct slice user)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s=%.*s, ", SLICE_ARGS(mailbox), SLICE_ARGS(user));
	append(arg, text);
}

static const char *list_mailboxes(struct administration *administration, struct listed *listed)
{
	listed->text[0] = '\0';
	int result = administration_list_mailboxes(administration, on_count, on_user, listed);
	return result == 0 ? listed->text : "failed";
}

static void mailboxes_are_put_and_listed(void)
{
	struct administration *administration = open_administration();
	struct listed listed;
	CHECK(administration);
	const struct stored_message_count counts[] = {
		{.class_name = SLICE("voice"), .fresh = 4294967295U, .old = 2, .urgent_fresh = 1, .urgent_old = 3},
		{.class_name = SLICE("fax")},
	};
	const struct slice users[] = {SLICE("carol"), SLICE("bob")};
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)), "");
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE("support"), counts, 2), 0);
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE("bob"), counts, 1), 0);
	CHECK_NUMBER(administration_put_mailbox_users(administration, SLICE("support"), users, 2), 0);
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)),
		   "bob:voice 4294967295/2 (1/3); support:fax 0/0 (0/0); support:voice 4294967295/2 (1/3); "
		   "support=bob, support=carol, ");
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE("support"), counts + 1, 1), 0);
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE("bob"), NULL, 0), 0);
	CHECK_NUMBER(administration_put_mailbox_users(administration, SLICE("support"), users, 1), 0);
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)), "support:fax 0/0 (0/0); support=carol, ");
	CHECK_NUMBER(administration_put_mailbox_users(administration, SLICE("support"), NULL, 0), 0);
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)), "support:fax 0/0 (0/0); ");
	administration_close(administration);
}

static void names_that_cannot_be_kept_are_refused_in_words(void)
{
	struct administration *administration = open_administration();
	const struct stored_message_count counts[] = {{.class_name = SLICE("voice")}};
	const struct slice users[] = {SLICE("\xff")};
	CHECK(administration);
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE("\xff"), counts, 1), ERR_STORAGE_REFUSED);
	CHECK(strlen(administration_error(administration)) > 0);
	CHECK_NUMBER(administration_put_mailbox(administration, SLICE(""), counts, 1), ERR_STORAGE_REFUSED);
	CHECK_NUMBER(administration_put_mailbox_users(administration, SLICE("bob"), users, 1), ERR_STORAGE_REFUSED);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM mailboxes"), 0);
	administration_close(administration);
}

static void on_token(void *arg, const struct stored_token *token)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s (%.*s) %lld-%lld, ", SLICE_ARGS(token->name),
		       SLICE_ARGS(token->scopes), (long long)token->created_at_s, (long long)token->expires_at_s);
	append(arg, text);
}

static void tokens_are_added_listed_and_removed(void)
{
	struct administration *administration = open_administration();
	struct listed listed = {""};
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES] = {1};
	struct stored_token token = {.name = SLICE("pbx"),
				     .scopes = SLICE("mailboxes:write presence:read"),
				     .created_at_s = 1800000000,
				     .expires_at_s = INT64_C(9999999999)};
	CHECK(administration);
	CHECK_NUMBER(administration_add_token(administration, &token, hash), 0);
	hash[0] = 2;
	CHECK_NUMBER(administration_add_token(administration, &token, hash), ERR_EXISTS);
	CHECK(strlen(administration_error(administration)) > 0);
	token.name = SLICE("dashboard");
	token.scopes = SLICE("");
	token.expires_at_s = 0;
	CHECK_NUMBER(administration_add_token(administration, &token, hash), 0);
	CHECK_NUMBER(administration_list_tokens(administration, on_token, &listed), 0);
	CHECK_TEXT(slice_text(listed.text), "dashboard () 1800000000-0, "
					    "pbx (mailboxes:write presence:read) 1800000000-9999999999, ");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT get_byte(hash, 0) FROM tokens WHERE name = 'pbx'"), 1);
	CHECK_NUMBER(administration_remove_token(administration, SLICE("pbx")), 0);
	CHECK_NUMBER(administration_remove_token(administration, SLICE("pbx")), ERR_NOT_FOUND);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM tokens"), 1);
	administration_close(administration);
}

/* --- what goes with an account -------------------------------------------------------------------------------- */

/* bob and carol have a subscription and a publication each, and somebody publishes for each of them. */
static void fill(void)
{
	storage_world_add_account(&server, "bob");
	storage_world_add_account(&server, "carol");
	storage_world_sql(
		&server,
		"INSERT INTO subscriptions SELECT id, id, 1, 0, 9999999999, 60, 1, 1, 1, 0, 0, 0, 7, '', '', '',"
		" '', '', 'presence', 'x', '', '', '', '', '', '' FROM accounts");
	storage_world_sql(&server, "INSERT INTO publications SELECT id, id, 1, 9999999999, 1, 1, 1, 'presence', 'x',"
				   " '', '', '' FROM accounts");
	storage_world_sql(&server, "INSERT INTO publications SELECT -id, 0, 0, 9999999999, 1, 1, 1, 'dialog',"
				   " convert_to(user_name, 'UTF8'), 'asterisk', '', '' FROM accounts");
	storage_world_sql(&server, "INSERT INTO mailboxes SELECT user_name, 'voice', 1, 2, 3, 4 FROM accounts");
	storage_world_sql(&server, "INSERT INTO mailbox_users SELECT 'support', user_name FROM accounts");
	storage_world_sql(&server, "INSERT INTO mailbox_users VALUES ('bob', 'carol')");
}

static void an_account_goes_with_its_events_and_mailbox(void)
{
	struct administration *administration = open_administration();
	struct listed listed;
	CHECK(administration);
	fill();
	CHECK_NUMBER(administration_remove_account(administration, SLICE("bob"), SLICE("example.test")), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions s JOIN accounts a"
						" ON a.id = s.watcher_id WHERE a.user_name = 'carol'"),
		     1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications WHERE resource = 'bob'"), 0);
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)), "carol:voice 1/2 (3/4); support=carol, ");
	administration_close(administration);
}

static void what_has_no_domain_stays_with_the_account_of_another(void)
{
	struct administration *administration = open_administration();
	struct listed listed;
	CHECK(administration);
	fill();
	storage_world_sql(&server, "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
				   " SELECT user_name, 'other.test', ha1_md5, ha1_sha256 FROM accounts");
	CHECK_NUMBER(administration_remove_account(administration, SLICE("bob"), SLICE("example.test")), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications"), 3);
	CHECK_TEXT(slice_text(list_mailboxes(administration, &listed)),
		   "bob:voice 1/2 (3/4); carol:voice 1/2 (3/4); bob=carol, support=bob, support=carol, ");
	administration_close(administration);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(mailboxes_are_put_and_listed),
	DATABASE_TEST(names_that_cannot_be_kept_are_refused_in_words),
	DATABASE_TEST(tokens_are_added_listed_and_removed),
	DATABASE_TEST(an_account_goes_with_its_events_and_mailbox),
	DATABASE_TEST(what_has_no_domain_stays_with_the_account_of_another),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
