/* The API's tokens for the command line. SPDX-License-Identifier: MIT */
#include "administration_parts.h"

#include "base/error.h"

#define TOKEN_BYTES_MOST ((size_t)1 << 16)

int administration_add_token(struct administration *administration, const struct stored_token *token,
			     const uint8_t hash[STORAGE_TOKEN_HASH_BYTES])
{
	struct parameters parameters;
	parameters_init(&parameters, TOKEN_BYTES_MOST);
	parameters_bytes(&parameters, slice_of((const char *)hash, STORAGE_TOKEN_HASH_BYTES));
	parameters_bytes(&parameters, token->name);
	parameters_bytes(&parameters, token->scopes);
	parameters_number(&parameters, token->created_at_s);
	parameters_number(&parameters, token->expires_at_s);
	int added = administration_send(administration,
					"INSERT INTO tokens (hash, name, scopes, created_at, expires_at)"
					" VALUES ($1::bytea, $2::text, $3::text, $4::bigint, $5::bigint)"
					" ON CONFLICT (name) DO NOTHING RETURNING name",
					&parameters);
	parameters_finish(&parameters);
	if (added == 0)
		return administration_fail(administration, ERR_EXISTS, "there is a token of that name already");
	return added < 0 ? added : 0;
}

int administration_remove_token(struct administration *administration, struct slice name)
{
	struct parameters parameters;
	parameters_init(&parameters, TOKEN_BYTES_MOST);
	parameters_bytes(&parameters, name);
	int removed = administration_send(administration, "DELETE FROM tokens WHERE name = $1::text RETURNING name",
					  &parameters);
	parameters_finish(&parameters);
	if (removed == 0)
		return administration_fail(administration, ERR_NOT_FOUND, "there is no such token");
	return removed < 0 ? removed : 0;
}

int administration_list_tokens(struct administration *administration, administration_token_fn *each, void *arg)
{
	PGresult *result = administration_query(administration,
						"SELECT name, scopes, created_at, expires_at FROM tokens ORDER BY name",
						0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	for (int row = 0; row < PQntuples(result); row++) {
		struct stored_token token = {.name = slice_text(PQgetvalue(result, row, 0)),
					     .scopes = slice_text(PQgetvalue(result, row, 1)),
					     .created_at_s = (int64_t)administration_number(result, row, 2),
					     .expires_at_s = (int64_t)administration_number(result, row, 3)};
		each(arg, &token);
	}
	PQclear(result);
	return 0;
}
