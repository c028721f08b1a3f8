/* heliograph who | watchers | why: asked of the server that runs. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/control.h"

#include <string.h>

/* The arguments as one line of a request. */
static int ask_with_arguments(const struct command_line *line, const char *command, enum answer_order order)
{
	struct buffer request;
	buffer_init(&request, CONTROL_REQUEST_MOST);
	buffer_text(&request, command);
	for (size_t i = 0; i < line->argument_count; i++) {
		if (!line->arguments[i][0] || strpbrk(line->arguments[i], " \n")) {
			buffer_finish(&request);
			return complain("an address has no blanks");
		}
		buffer_format(&request, " %s", line->arguments[i]);
	}
	buffer_byte(&request, '\n');
	int status = buffer_failed(&request) ? complain("the address is too long")
					     : ask_and_print(line, buffer_slice(&request), order);
	buffer_finish(&request);
	return status;
}

int who_command(const struct command_line *line)
{
	return ask_with_arguments(line, "who", SORTED);
}

int watchers_command(const struct command_line *line)
{
	return ask_with_arguments(line, "watchers", SORTED);
}

int why_command(const struct command_line *line)
{
	return ask_with_arguments(line, "why", AS_ANSWERED);
}
