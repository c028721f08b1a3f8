/* heliograph user add | remove | list | password, session list | end: in the database, which tells the servers that run
 * of it. Passwords come from standard input or are made up; never from the
 * command line, where others on the machine could read them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "program/addresses.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/credentials.h"
#include "program/database_access.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* What all of them need. */
struct user_work {
	const struct command_line *line;
	struct slice user; /* empty for list */
	struct slice domain;
	struct slice given_domain; /* behind the @; empty: not given */
	char domain_text[ADDRESSES_DOMAIN_SIZE];
	char password[CREDENTIALS_PASSWORD_MOST + 2];
	struct administration *administration;
};

/* "alice" or "alice@example.test", whose domain is to be our own. */
static const char *read_user(struct user_work *work)
{
	work->given_domain = slice_text(work->line->arguments[0]);
	work->user = slice_take(&work->given_domain, '@');
	return credential_check_user(work->user);
}

/* The configured one; else that which a server of this database has served last; else what a server would take. */
static int choose_domain(const struct configuration *configuration, struct user_work *work)
{
	int result = 0;
	work->domain_text[0] = '\0';
	if (!configuration->domain[0])
		result = administration_read_setting(work->administration, SETTING_DOMAIN, work->domain_text,
						     sizeof(work->domain_text));
	work->domain = slice_text(work->domain_text);
	if (result == 0 && slice_is_empty(work->domain))
		work->domain = addresses_domain(configuration, work->domain_text);
	return result;
}

static int refuse_domain(const struct user_work *work)
{
	fprintf(stderr, "heliograph: the accounts here are of the domain %.*s, not of %.*s\n", SLICE_ARGS(work->domain),
		SLICE_ARGS(work->given_domain));
	return ERR_CONFIGURATION;
}

/* One line without its end. */
static bool read_line(char *line, size_t size)
{
	if (!fgets(line, (int)size, stdin))
		return false;
	line[strcspn(line, "\r\n")] = '\0';
	return true;
}

static bool read_hidden_line(const char *prompt, char *line, size_t size)
{
	struct termios before;
	bool hidden = tcgetattr(STDIN_FILENO, &before) == 0;
	if (hidden) {
		struct termios silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		hidden = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
	}
	fputs(prompt, stderr);
	bool good = read_line(line, size);
	if (hidden) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputs("\n", stderr);
	}
	return good;
}

/* NULL, or what went wrong. */
static const char *read_password(struct user_work *work)
{
	if (work->line->generate) {
		random_token(work->password, CREDENTIALS_GENERATED_SIZE - 1);
		return NULL;
	}
	bool is_terminal = isatty(STDIN_FILENO) == 1;
	bool good = is_terminal ? read_hidden_line("Password: ", work->password, sizeof(work->password))
				: read_line(work->password, sizeof(work->password));
	if (!good)
		return "no password was given";
	if (is_terminal) {
		char again[sizeof(work->password)];
		if (!read_hidden_line("Again: ", again, sizeof(again)) || strcmp(again, work->password) != 0)
			return "the two are not the same";
	}
	return credential_check_password(slice_text(work->password));
}

typedef int user_work_fn(struct user_work *work);

static int with_database(const struct configuration *configuration, struct user_work *work, user_work_fn *act)
{
	struct database_access access;
	char error[DATABASE_ACCESS_ERROR_SIZE];
	if (database_access_open_ready(configuration, &access, error) < 0)
		return complain(error);
	work->administration = access.administration;
	int result = choose_domain(configuration, work);
	bool is_ours = slice_is_empty(work->given_domain) || slice_equal_nocase(work->given_domain, work->domain);
	if (result == 0 && is_ours)
		result = act(work);
	if (result == 0 && !is_ours)
		result = refuse_domain(work);
	else if (result == ERR_EXISTS)
		complain("there is an account of that name already (heliograph user password changes its password)");
	else if (result < 0)
		complain(administration_error(access.administration));
	database_access_close(&access);
	return result < 0 ? EXIT_FAILED : EXIT_GOOD;
}

static int work_on_users(const struct command_line *line, bool needs_password, user_work_fn *act)
{
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE];
	if (command_line_configuration(line, &configuration, error) < 0)
		return complain(error);
	struct user_work work = {.line = line};
	const char *wrong = line->argument_count > 0 ? read_user(&work) : NULL;
	if (!wrong && needs_password)
		wrong = read_password(&work);
	int status = wrong ? complain(wrong) : with_database(&configuration, &work, act);
	configuration_finish(&configuration);
	return status;
}

/* "added alice@example.test"; a password that was made up has the last line to itself, for scripts. */
static void tell(const struct user_work *work, const char *before, const char *after)
{
	printf("%s %.*s@%.*s%s\n", before, SLICE_ARGS(work->user), SLICE_ARGS(work->domain), after);
	if (work->line->generate)
		printf("%s\n", work->password);
}

static int add(struct user_work *work)
{
	struct credential credential = {work->user, slice_text(work->password)};
	struct account_credentials account = credential_hash(&credential, work->domain);
	int result = administration_add_account(work->administration, &account);
	if (result == 0)
		tell(work, "added", "");
	return result;
}

static int change_password(struct user_work *work)
{
	struct credential credential = {work->user, slice_text(work->password)};
	struct account_credentials account = credential_hash(&credential, work->domain);
	int result = administration_set_password(work->administration, &account);
	if (result == 0)
		tell(work, "password of", " changed");
	return result;
}

static int remove_user(struct user_work *work)
{
	int result = administration_remove_account(work->administration, work->user, work->domain);
	if (result == 0)
		tell(work, "removed", "");
	return result;
}

static void print_account(void *arg, struct slice user, struct slice domain, unsigned devices, unsigned messages)
{
	(void)arg;
	printf("%.*s@%.*s\t%u device%s\t%u message%s\n", SLICE_ARGS(user), SLICE_ARGS(domain), devices,
	       devices == 1 ? "" : "s", messages, messages == 1 ? "" : "s");
}

static int list(struct user_work *work)
{
	return administration_list_accounts(work->administration, print_account, NULL);
}

/* --- sessions --- */

static void print_time(const char *before, int64_t at_ms)
{
	char text[32];
	time_t time = (time_t)(at_ms / 1000);
	struct tm parts;
	if (gmtime_r(&time, &parts) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &parts) > 0)
		printf("\t%s %s", before, text);
}

static void print_session(void *arg, const struct stored_session *session)
{
	(void)arg;
	printf("%lld\t%.*s", (long long)session->id, SLICE_ARGS(session->name));
	print_time("made", session->created_at_ms);
	print_time("used", session->used_at_ms);
	print_time("ends by", session->expires_at_s * 1000);
	puts(session->stays ? "\tstays" : "");
}

static int list_sessions(struct user_work *work)
{
	return administration_list_sessions(work->administration, work->user, work->domain, print_session, NULL);
}

/* "all" is 0. */
static bool read_session(const char *text, uint64_t *id)
{
	*id = 0;
	return strcmp(text, "all") == 0 || (slice_to_number(slice_text(text), INT64_MAX, id) && *id != 0);
}

static int end_sessions(struct user_work *work)
{
	uint64_t id;
	unsigned ended = 0;
	int result = ERR_NOT_FOUND;
	if (read_session(work->line->arguments[1], &id))
		result = administration_end_sessions(work->administration, work->user, work->domain, (int64_t)id,
						     &ended);
	if (result == 0)
		printf("ended %u session%s of %.*s@%.*s\n", ended, ended == 1 ? "" : "s", SLICE_ARGS(work->user),
		       SLICE_ARGS(work->domain));
	return result;
}

int user_add_command(const struct command_line *line)
{
	return work_on_users(line, true, add);
}
int user_remove_command(const struct command_line *line)
{
	return work_on_users(line, false, remove_user);
}
int user_list_command(const struct command_line *line)
{
	return work_on_users(line, false, list);
}
int user_password_command(const struct command_line *line)
{
	return work_on_users(line, true, change_password);
}
int session_list_command(const struct command_line *line)
{
	return work_on_users(line, false, list_sessions);
}
int session_end_command(const struct command_line *line)
{
	uint64_t id;
	if (read_session(line->arguments[1], &id))
		return work_on_users(line, false, end_sessions);
	complain("a session is a number that `heliograph session list` shows, or all");
	return EXIT_USAGE;
}
