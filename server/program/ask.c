/* Asking the server that runs, and printing what it says. SPDX-License-Identifier: MIT */
#include "program/ask.h"

#include "base/error.h"
#include "program/commands.h"
#include "program/control.h"

#include <stdio.h>
#include <stdlib.h>

int complain(const char *sentence)
{
	fprintf(stderr, "heliograph: %s\n", sentence);
	return EXIT_FAILED;
}

int print_buffer(const struct buffer *buffer)
{
	bool good = !buffer_failed(buffer) && fwrite(buffer->data, 1, buffer->length, stdout) == buffer->length &&
		    fflush(stdout) == 0;
	return good ? EXIT_GOOD : complain("cannot print it");
}

static int compare_lines(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

int print_sorted(const struct buffer *buffer)
{
	struct slice rest = buffer_slice(buffer);
	size_t count = 0, room = 1;
	for (size_t i = 0; i < rest.length; i++)
		room += rest.at[i] == '\n';
	struct slice *lines = calloc(room, sizeof(*lines));
	if (!lines || buffer_failed(buffer)) {
		free(lines);
		return complain(error_text(ERR_NO_MEMORY));
	}
	while (!slice_is_empty(rest))
		lines[count++] = slice_take(&rest, '\n');
	qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		printf("%.*s\n", SLICE_ARGS(lines[i]));
	free(lines);
	return fflush(stdout) == 0 ? EXIT_GOOD : complain("cannot print it");
}

bool ask_if_running(const struct configuration *configuration, struct slice request, enum answer_order order,
		    int *status)
{
	struct buffer answer;
	buffer_init(&answer, CONTROL_ANSWER_MOST);
	int result = control_ask(configuration->state, request, &answer);
	*status = EXIT_FAILED;
	if (result == 0)
		*status = order == SORTED ? print_sorted(&answer) : print_buffer(&answer);
	else if (result == ERR_CONFIGURATION)
		fprintf(stderr, "heliograph: %.*s\n", SLICE_ARGS(slice_trim(buffer_slice(&answer))));
	else if (result != ERR_UNREACHABLE)
		fprintf(stderr, "heliograph: the server with the state folder %.300s: %s\n", configuration->state,
			error_text(result));
	buffer_finish(&answer);
	return result != ERR_UNREACHABLE;
}

int ask_and_print(const struct command_line *line, struct slice request, enum answer_order order)
{
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE];
	if (command_line_configuration(line, &configuration, error) < 0)
		return complain(error);
	int status;
	if (!ask_if_running(&configuration, request, order, &status))
		fprintf(stderr, "heliograph: the server with the state folder %.300s does not run\n",
			configuration.state);
	configuration_finish(&configuration);
	return status;
}
