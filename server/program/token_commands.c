/* heliograph token add | list | remove: in the database, where a running server looks for them.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/bearer.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/database_access.h"
#include "program/token.h"

#include <stdio.h>
#include <time.h>

#define DAY_S 86400
#define DAYS_MOST 36500
#define SCOPES_BYTES_MOST 4096

struct token_work {
	const struct command_line *line;
	uint64_t days; /* 0: for ever */
	struct administration *administration;
};

typedef int token_work_fn(struct token_work *work);

static int with_database(const struct command_line *line, struct token_work *work, token_work_fn *act)
{
	struct configuration configuration;
	struct database_access access;
	char reason[CONFIGURATION_ERROR_SIZE], error[DATABASE_ACCESS_ERROR_SIZE];
	if (command_line_configuration(line, &configuration, reason) < 0)
		return complain(reason);
	int result = database_access_open_ready(&configuration, &access, error);
	configuration_finish(&configuration);
	if (result < 0)
		return complain(error);
	work->line = line;
	work->administration = access.administration;
	result = act(work);
	if (result == ERR_NO_MEMORY)
		complain(error_text(result));
	else if (result < 0)
		complain(administration_error(access.administration));
	database_access_close(&access);
	return result < 0 ? EXIT_FAILED : EXIT_GOOD;
}

static const char *check_arguments(const struct command_line *line, uint64_t *days)
{
	const char *wrong = line->argument_count > 0 ? token_check_name(slice_text(line->arguments[0])) : NULL;
	*days = 0;
	if (!wrong && line->expires && (!slice_to_number(slice_text(line->expires), DAYS_MOST, days) || *days == 0))
		wrong = "--expires: wanted is a number of days, 1 to 36500";
	return wrong;
}

static int put_token(struct token_work *work, struct slice scopes, char text[TOKEN_SIZE])
{
	int64_t now_s = (int64_t)time(NULL);
	struct stored_token token = {.name = slice_text(work->line->arguments[0]),
				     .scopes = scopes,
				     .created_at_s = now_s,
				     .expires_at_s = work->days ? now_s + (int64_t)work->days * DAY_S : 0};
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
	token_make(text);
	int result = bearer_hash(slice_of(text, TOKEN_SIZE - 1), hash);
	return result < 0 ? result : administration_add_token(work->administration, &token, hash);
}

/* The token has the last line to itself, for scripts; it is shown nowhere else. */
static int add(struct token_work *work)
{
	struct buffer scopes;
	buffer_init(&scopes, SCOPES_BYTES_MOST);
	for (size_t i = 1; i < work->line->argument_count; i++)
		buffer_format(&scopes, "%s%s", i > 1 ? " " : "", work->line->arguments[i]);
	char text[TOKEN_SIZE];
	int result = buffer_failed(&scopes) ? ERR_NO_MEMORY : put_token(work, buffer_slice(&scopes), text);
	if (result == 0)
		printf("added %s; keep the token, it is not shown again\n%s\n", work->line->arguments[0], text);
	buffer_finish(&scopes);
	return result;
}

int token_add_command(const struct command_line *line)
{
	struct token_work work = {0};
	const char *wrong = check_arguments(line, &work.days), *about = NULL;
	for (size_t i = 1; !wrong && i < line->argument_count; i++) {
		about = line->arguments[i];
		wrong = token_check_scope(slice_text(about));
	}
	if (wrong) {
		fprintf(stderr, "heliograph: %s%.60s%s%s\n", about ? "the scope " : "", about ? about : "",
			about ? " " : "", wrong);
		return EXIT_USAGE;
	}
	return with_database(line, &work, add);
}

static void print_date(const char *before, int64_t at_s)
{
	char text[32];
	time_t time = (time_t)at_s;
	struct tm parts;
	if (!gmtime_r(&time, &parts) || strftime(text, sizeof(text), "%Y-%m-%d", &parts) == 0)
		return;
	printf("\t%s %s", before, text);
}

static void print_token(void *arg, const struct stored_token *token)
{
	(void)arg;
	printf("%.*s\t%.*s", SLICE_ARGS(token->name), SLICE_ARGS(token->scopes));
	print_date("added", token->created_at_s);
	if (token->expires_at_s == 0)
		fputs("\tfor ever", stdout);
	else
		print_date(token->expires_at_s <= (int64_t)time(NULL) ? "ended" : "ends", token->expires_at_s);
	putchar('\n');
}

static int list(struct token_work *work)
{
	return administration_list_tokens(work->administration, print_token, NULL);
}

int token_list_command(const struct command_line *line)
{
	struct token_work work = {0};
	return with_database(line, &work, list);
}

static int remove_token(struct token_work *work)
{
	struct slice name = slice_text(work->line->arguments[0]);
	int result = administration_remove_token(work->administration, name);
	if (result == 0)
		printf("removed %.*s\n", SLICE_ARGS(name));
	return result;
}

int token_remove_command(const struct command_line *line)
{
	struct token_work work = {0};
	return with_database(line, &work, remove_token);
}
