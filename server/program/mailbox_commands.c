/* heliograph mailbox set | list | show | share: by the server that runs, so that lamps change at once; where none does,
 * in the database, for the next start. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/control.h"
#include "program/mailbox_database.h"
#include "program/mailbox_words.h"

#include <stdio.h>
#include <string.h>

/* What the four have in common: a line for the server, and what is done without it. */
typedef int without_server_fn(const struct command_line *line, struct administration *administration);

static int work_in_database(const struct command_line *line, const struct configuration *configuration,
			    without_server_fn *act)
{
	struct database_access access;
	char error[DATABASE_ACCESS_ERROR_SIZE];
	if (database_access_open_ready(configuration, &access, error) < 0)
		return complain(error);
	int result = act(line, access.administration);
	if (result == ERR_NOT_FOUND)
		complain("there is no account or mailbox of that name");
	else if (result == ERR_NO_MEMORY)
		complain(error_text(result));
	else if (result < 0)
		complain(administration_error(access.administration));
	database_access_close(&access);
	return result < 0 ? EXIT_FAILED : EXIT_GOOD;
}

/* "mailbox-set NAME\n", and the other arguments a line each. */
static int write_request(const struct command_line *line, const char *command, struct buffer *request)
{
	buffer_text(request, command);
	for (size_t i = 0; i < line->argument_count; i++) {
		if (!line->arguments[i][0] || strpbrk(line->arguments[i], " \n"))
			return complain("names and counts have no blanks");
		buffer_format(request, "%s%s%s", i == 0 ? " " : "", line->arguments[i], i == 0 ? "" : "\n");
		if (i == 0)
			buffer_byte(request, '\n');
	}
	if (line->argument_count == 0)
		buffer_byte(request, '\n');
	return buffer_failed(request) ? complain("that is too long") : EXIT_GOOD;
}

static int work(const struct command_line *line, const char *command, without_server_fn *act)
{
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE];
	if (command_line_configuration(line, &configuration, error) < 0)
		return complain(error);
	struct buffer request;
	buffer_init(&request, CONTROL_REQUEST_MOST);
	int status = write_request(line, command, &request);
	if (status == EXIT_GOOD && !ask_if_running(&configuration, buffer_slice(&request), SORTED, &status))
		status = work_in_database(line, &configuration, act);
	buffer_finish(&request);
	configuration_finish(&configuration);
	return status;
}

/* NULL, or what is wrong; `word` is the one. */
static const char *read_counts(const struct command_line *line, struct message_summary *summary, const char **word)
{
	*summary = (struct message_summary){0};
	for (size_t i = 1; i < line->argument_count; i++) {
		*word = line->arguments[i];
		const char *wrong = mailbox_word_read(slice_text(*word), summary);
		if (wrong)
			return wrong;
	}
	*word = line->arguments[0];
	return mailbox_words_end(summary);
}

static int set_in_database(const struct command_line *line, struct administration *administration)
{
	struct message_summary summary;
	const char *word;
	(void)read_counts(line, &summary, &word); /* has been looked at */
	return mailbox_database_set(administration, slice_text(line->arguments[0]), &summary);
}

int mailbox_set_command(const struct command_line *line)
{
	struct message_summary summary;
	const char *word, *wrong = read_counts(line, &summary, &word);
	if (wrong) {
		fprintf(stderr, "heliograph: %.100s: %s\n", word, wrong);
		return EXIT_USAGE;
	}
	return work(line, "mailbox-set", set_in_database);
}

static int list_in_database(const struct command_line *line, struct administration *administration)
{
	(void)line;
	return mailbox_database_print(administration, slice_of("", 0));
}

int mailbox_list_command(const struct command_line *line)
{
	return work(line, "mailbox-list", list_in_database);
}

static int show_in_database(const struct command_line *line, struct administration *administration)
{
	return mailbox_database_print(administration, slice_text(line->arguments[0]));
}

int mailbox_show_command(const struct command_line *line)
{
	return work(line, "mailbox-show", show_in_database);
}

static int share_in_database(const struct command_line *line, struct administration *administration)
{
	return mailbox_database_share(administration, slice_text(line->arguments[0]), line->arguments + 1,
				      line->argument_count - 1);
}

int mailbox_share_command(const struct command_line *line)
{
	return work(line, "mailbox-share", share_in_database);
}
