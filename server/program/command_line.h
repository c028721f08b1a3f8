/* What stands on the command line: a command, its options, its arguments. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "program/configuration.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define COMMAND_LINE_ERROR_SIZE 256
/* Most --set on one command line. */
#define COMMAND_LINE_SETS 64

/* What a command accepts, as bits. */
enum {
	TAKES_CONFIGURATION = 1, /* --config, --set, --state */
	TAKES_ACCOUNTS = 2,      /* --accounts, --demo */
	TAKES_PRINT = 4,         /* --print-sample, --print-markdown */
	TAKES_GENERATE = 8,      /* --generate */
	TAKES_EXPIRY = 16,       /* --expires */
	TAKES_EVENT = 32,        /* --event */
	TAKES_POLITELY = 64      /* --politely */
};

struct command_line {
	const char *config;   /* file; NULL: not given */
	const char *state;    /* folder; NULL: not given */
	const char *accounts; /* file; NULL: not given */
	const char *expires;  /* days; NULL: not given */
	const char *sets[COMMAND_LINE_SETS];
	size_t set_count;
	const char *event; /* event package; NULL: not given */
	bool demo, print_sample, print_markdown, generate, politely, help;
	char **arguments; /* what is left, in order; points into argv */
	size_t argument_count;
};

/* Sorts `argv` (what stands behind the command) in place: arguments come first. `takes` has the bits of the options
 * that are accepted. "--name value" and "--name=value" are the same; "--" ends the options. ERR_CONFIGURATION with the
 * sentence in `error`. */
MUST_CHECK int command_line_parse(int argc, char **argv, unsigned takes, struct command_line *line,
				  char error[COMMAND_LINE_ERROR_SIZE]);

/* The configuration that it asks for: defaults, the file (without --config /etc/heliograph.conf, if there is one),
 * --set, --state; with the default state folder filled in. Root becomes the owner of that folder (state_owner.h). On
 * failure `error` has the sentence and there is nothing to finish. */
MUST_CHECK int command_line_configuration(const struct command_line *line, struct configuration *configuration,
					  char error[CONFIGURATION_ERROR_SIZE]);
/* The file that it is read from; NULL: none. */
const char *command_line_file(const struct command_line *line);
/* The same, for those who are going to serve with it (configuration_check_serving). */
MUST_CHECK int command_line_configuration_to_serve(const struct command_line *line, struct configuration *configuration,
						   char error[CONFIGURATION_ERROR_SIZE]);
/* The state folder's absolute path; made where it is missing. */
MUST_CHECK int command_line_state_folder(const struct configuration *configuration, char path[PATH_MAX],
					 char error[CONFIGURATION_ERROR_SIZE]);
