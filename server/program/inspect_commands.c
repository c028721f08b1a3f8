/* heliograph check, migrate, status, message, version: what an administrator asks. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/control.h"
#include "program/database_access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRINT_MOST (1u << 20)

int check_command(const struct command_line *line)
{
	if (line->print_sample || line->print_markdown) {
		struct buffer buffer;
		buffer_init(&buffer, PRINT_MOST);
		if (line->print_sample)
			configuration_write_sample(&buffer);
		else
			configuration_write_markdown(&buffer);
		int status = print_buffer(&buffer);
		buffer_finish(&buffer);
		return status;
	}
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE];
	if (command_line_configuration_to_serve(line, &configuration, error) < 0)
		return complain(error);
	configuration_finish(&configuration);
	puts("The configuration is good.");
	return EXIT_GOOD;
}

int migrate_command(const struct command_line *line)
{
	struct configuration configuration;
	char reason[CONFIGURATION_ERROR_SIZE], error[DATABASE_ACCESS_ERROR_SIZE];
	if (command_line_configuration(line, &configuration, reason) < 0)
		return complain(reason);
	struct database_access access;
	int result = database_access_open(&configuration, &access, error);
	configuration_finish(&configuration);
	if (result < 0)
		return complain(error);
	int applied = 0;
	result = administration_migrate(access.administration, &applied);
	if (result < 0)
		complain(administration_error(access.administration));
	else
		printf("The database is at schema %d (%d step%s applied).\n", administration_schema_wanted(), applied,
		       applied == 1 ? "" : "s");
	database_access_close(&access);
	return result < 0 ? EXIT_FAILED : EXIT_GOOD;
}

int status_command(const struct command_line *line)
{
	return ask_and_print(line, SLICE("status\n"), AS_ANSWERED);
}

static void append_input(struct buffer *buffer)
{
	size_t count = 1;
	while (count > 0) {
		char *room = buffer_reserve(buffer, 4096);
		if (!room)
			return;
		count = fread(room, 1, 4096, stdin);
		buffer->length += count;
	}
}

int message_command(const struct command_line *line)
{
	if (strpbrk(line->arguments[0], " \n") || strpbrk(line->arguments[1], " \n"))
		return complain("an address has no blanks");
	struct buffer request;
	buffer_init(&request, CONTROL_REQUEST_MOST);
	buffer_format(&request, "message %s %s\n", line->arguments[0], line->arguments[1]);
	size_t head = request.length;
	if (line->argument_count > 2)
		buffer_text(&request, line->arguments[2]);
	else
		append_input(&request);
	int status;
	if (buffer_failed(&request))
		status = complain("the message is too large");
	else if (request.length == head)
		status = complain("the text is empty");
	else
		status = ask_and_print(line, buffer_slice(&request), AS_ANSWERED);
	buffer_finish(&request);
	return status;
}

int version_command(const struct command_line *line)
{
	(void)line;
	puts("heliograph " HELIOGRAPH_VERSION);
	return EXIT_GOOD;
}
