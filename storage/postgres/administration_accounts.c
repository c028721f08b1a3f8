/* Accounts for the command line. SPDX-License-Identifier: MIT */
#include "administration_parts.h"

#include "base/error.h"

#define MOST_PARAMETERS 4
/* Accounts in one statement. */
#define PUT_TOGETHER 10000
#define PUT_BYTES_MOST ((size_t)64 << 20)

/* Each change tells the nodes (LISTEN heliograph_account), in its own transaction. */
#define ANNOUNCE " SELECT pg_notify('heliograph_account', user_name || '@' || domain) FROM changed"

/* Runs a statement whose rows are the accounts that it changed; their number. */
static int change_account(struct administration *administration, const char *sql,
			  const struct account_credentials *account, int count)
{
	/* The digests are binary, names are text by length and so go binary, too. */
	const char *const values[MOST_PARAMETERS] = {account->user.length ? account->user.at : "",
						     account->domain.length ? account->domain.at : "",
						     (const char *)account->ha1_md5, (const char *)account->ha1_sha256};
	const int lengths[MOST_PARAMETERS] = {(int)account->user.length, (int)account->domain.length,
					      (int)sizeof(account->ha1_md5), (int)sizeof(account->ha1_sha256)};
	const int formats[MOST_PARAMETERS] = {1, 1, 1, 1};
	PGresult *result = administration_query(administration, sql, count, values, lengths, formats);
	if (!result)
		return ERR_STORAGE_REFUSED;
	int changed = PQntuples(result);
	PQclear(result);
	return changed;
}

int administration_add_account(struct administration *administration, const struct account_credentials *account)
{
	int changed =
		change_account(administration,
			       "WITH changed AS (INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
			       " VALUES ($1::text, $2::text, $3::bytea, $4::bytea)"
			       " ON CONFLICT (user_name, domain) DO NOTHING RETURNING user_name, domain)" ANNOUNCE,
			       account, 4);
	if (changed == 0)
		return administration_fail(administration, ERR_EXISTS, "there is such an account already");
	return changed < 0 ? changed : 0;
}

/* $1 … $4: names, domains, hashes. Only what differs is written, not even a lock is. Where much has changed, one empty
 * notification says that anything may have. */
static const char put_statement[] =
	"WITH given AS (SELECT DISTINCT ON (user_name, domain) user_name, domain, ha1_md5, ha1_sha256"
	"  FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) WITH ORDINALITY"
	"   AS g(user_name, domain, ha1_md5, ha1_sha256, place) ORDER BY user_name, domain, place DESC),"
	" wanted AS (SELECT g.* FROM given g LEFT JOIN accounts a USING (user_name, domain)"
	"  WHERE a.id IS NULL OR a.ha1_md5 <> g.ha1_md5 OR a.ha1_sha256 <> g.ha1_sha256),"
	" changed AS (INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
	"  SELECT user_name, domain, ha1_md5, ha1_sha256 FROM wanted"
	"  ON CONFLICT (user_name, domain) DO UPDATE SET ha1_md5 = excluded.ha1_md5, ha1_sha256 = excluded.ha1_sha256"
	"  RETURNING id, user_name, domain),"
	" s AS (DELETE FROM sessions WHERE account_id IN (SELECT id FROM changed)),"
	" payloads AS (SELECT user_name || '@' || domain AS payload FROM changed"
	"  WHERE (SELECT count(*) FROM changed) <= 1000"
	"  UNION SELECT '' WHERE (SELECT count(*) FROM changed) > 1000)"
	" SELECT pg_notify('heliograph_account', payload) FROM payloads";

static int put_some(struct administration *administration, struct parameters *parameters,
		    const struct account_credentials *accounts, size_t count)
{
	parameters_clear(parameters);
	for (unsigned i = 0; i < MOST_PARAMETERS; i++)
		parameters_array(parameters, i < 2 ? PARAMETER_TEXTS : PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct account_credentials *account = &accounts[i];
		const struct slice values[MOST_PARAMETERS] = {
			account->user, account->domain,
			slice_of((const char *)account->ha1_md5, sizeof(account->ha1_md5)),
			slice_of((const char *)account->ha1_sha256, sizeof(account->ha1_sha256))};
		for (unsigned k = 0; k < MOST_PARAMETERS; k++)
			parameters_array_bytes(parameters, k, values[k]);
	}
	int result = administration_send(administration, put_statement, parameters);
	return result < 0 ? result : 0;
}

int administration_put_accounts(struct administration *administration, const struct account_credentials *accounts,
				size_t count)
{
	struct parameters parameters;
	parameters_init(&parameters, PUT_BYTES_MOST);
	int result = administration_execute(administration, "BEGIN");
	for (size_t i = 0; i < count && result == 0; i += PUT_TOGETHER)
		result = put_some(administration, &parameters, accounts + i,
				  count - i < PUT_TOGETHER ? count - i : PUT_TOGETHER);
	parameters_finish(&parameters);
	if (result == 0)
		return administration_execute(administration, "COMMIT");
	PQclear(PQexec(administration->connection, "ROLLBACK"));
	return result;
}

static int not_found(struct administration *administration, int changed)
{
	if (changed == 0)
		return administration_fail(administration, ERR_NOT_FOUND, "there is no account of that name");
	return changed < 0 ? changed : 0;
}

int administration_set_password(struct administration *administration, const struct account_credentials *account)
{
	int changed =
		change_account(administration,
			       "WITH changed AS (UPDATE accounts SET ha1_md5 = $3::bytea, ha1_sha256 = $4::bytea"
			       " WHERE user_name = $1::text AND domain = $2::text RETURNING id, user_name, domain),"
			       " s AS (DELETE FROM sessions WHERE account_id IN (SELECT id FROM changed))" ANNOUNCE,
			       account, 4);
	return not_found(administration, changed);
}

/* Mailboxes, publications, shares and what somebody asked to see have no domain: they stay where an account of that
 * name is left in another. */
static const char remove_statement[] =
	"WITH changed AS (DELETE FROM accounts WHERE user_name = $1::text AND domain = $2::text"
	"  RETURNING id, user_name, domain),"
	" b AS (DELETE FROM bindings WHERE account_id IN (SELECT id FROM changed)),"
	" v AS (DELETE FROM devices WHERE account_id IN (SELECT id FROM changed)),"
	" d AS (DELETE FROM debts WHERE account_id IN (SELECT id FROM changed)),"
	" m AS (DELETE FROM messages WHERE receiver_id IN (SELECT id FROM changed)),"
	" h AS (DELETE FROM conversations WHERE account_id IN (SELECT id FROM changed)),"
	" names AS (SELECT user_name FROM changed WHERE NOT EXISTS"
	"  (SELECT FROM accounts WHERE user_name = $1::text AND domain <> $2::text)),"
	" s AS (DELETE FROM subscriptions WHERE watcher_id IN (SELECT id FROM changed)),"
	" x AS (DELETE FROM documents WHERE account_id IN (SELECT id FROM changed)),"
	" i AS (DELETE FROM icons WHERE account_id IN (SELECT id FROM changed)),"
	" t AS (DELETE FROM sessions WHERE account_id IN (SELECT id FROM changed)),"
	" w AS (DELETE FROM watch_requests WHERE watcher_id IN (SELECT id FROM changed)"
	"  OR resource IN (SELECT convert_to(user_name, 'UTF8') FROM names)),"
	" p AS (DELETE FROM publications WHERE publisher_id IN (SELECT id FROM changed)"
	"  OR resource IN (SELECT convert_to(user_name, 'UTF8') FROM names)),"
	" c AS (DELETE FROM mailboxes WHERE mailbox IN (SELECT user_name FROM names)),"
	" u AS (DELETE FROM mailbox_users WHERE mailbox IN (SELECT user_name FROM names)"
	"  OR user_name IN (SELECT user_name FROM names))" ANNOUNCE;

int administration_remove_account(struct administration *administration, struct slice user, struct slice domain)
{
	struct account_credentials account = {.user = user, .domain = domain};
	return not_found(administration, change_account(administration, remove_statement, &account, 2));
}

int administration_list_accounts(struct administration *administration, administration_account_fn *each, void *arg)
{
	PGresult *result = administration_query(
		administration,
		"SELECT user_name, domain, (SELECT count(*) FROM devices d WHERE d.account_id = a.id),"
		" (SELECT count(DISTINCT message_id) FROM debts o WHERE o.account_id = a.id"
		"  AND o.expires_at > extract(epoch FROM now())::bigint)"
		" FROM accounts a ORDER BY domain, user_name",
		0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, slice_text(PQgetvalue(result, row, 0)), slice_text(PQgetvalue(result, row, 1)),
		     (unsigned)administration_number(result, row, 2), (unsigned)administration_number(result, row, 3));
	PQclear(result);
	return 0;
}
