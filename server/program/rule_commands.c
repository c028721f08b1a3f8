/* heliograph allow | block | ask | forget | rules | requests: asked of the server that runs, so that watchers are told
 * at once. SPDX-License-Identifier: MIT */
#include "program/ask.h"
#include "program/commands.h"
#include "program/control.h"

#include <string.h>

/* "decide USER WATCHER EVENT WORD\n", "rules USER\n" */
static int ask(const struct command_line *line, const char *command, const char *event, const char *word)
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
	if (event)
		buffer_format(&request, " %s %s", event, word);
	buffer_byte(&request, '\n');
	int status = buffer_failed(&request) ? complain("the address is too long")
					     : ask_and_print(line, buffer_slice(&request), SORTED);
	buffer_finish(&request);
	return status;
}

/* Who is allowed one thing is not allowed everything unasked; who is blocked sees nothing. */
static int decide(const struct command_line *line, const char *usual_event, const char *word)
{
	static const char *const events[] = {"presence", "dialog", "message-summary", "reg", "all"};
	const char *event = line->event ? line->event : usual_event;
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (strcmp(event, events[i]) == 0)
			return ask(line, "decide", event, word);
	complain("--event is presence, dialog, message-summary, reg or all");
	return EXIT_USAGE;
}

int allow_command(const struct command_line *line)
{
	return decide(line, "presence", "allow");
}

int block_command(const struct command_line *line)
{
	return decide(line, "all", line->politely ? "polite-block" : "block");
}

int ask_command(const struct command_line *line)
{
	return decide(line, "presence", "confirm");
}

int forget_command(const struct command_line *line)
{
	return decide(line, "all", "forget");
}

int rules_command(const struct command_line *line)
{
	return ask(line, "rules", NULL, NULL);
}

int requests_command(const struct command_line *line)
{
	return ask(line, "requests", NULL, NULL);
}
