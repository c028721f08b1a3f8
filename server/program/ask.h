/* What commands have in common: asking the server that runs, and telling what went wrong.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "program/command_line.h"

#include <stdbool.h>

/* "heliograph: …" on standard error. Returns EXIT_FAILED. */
int complain(const char *sentence);
/* To standard output. Returns the exit status. */
int print_buffer(const struct buffer *buffer);
/* The same, its lines in alphabetical order. */
int print_sorted(const struct buffer *buffer);

enum answer_order { AS_ANSWERED, SORTED };

/* Sends a request to the server of the command line's state folder and prints what it says. Returns the exit status. */
int ask_and_print(const struct command_line *line, struct slice request, enum answer_order order);
/* The same for commands that can do without a server: false where none runs there, and nothing is printed. */
MUST_CHECK bool ask_if_running(const struct configuration *configuration, struct slice request, enum answer_order order,
			       int *status);
