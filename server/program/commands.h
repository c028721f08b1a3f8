/* The commands of the program: one row each, from which `heliograph help` is printed.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "program/command_line.h"

/* What the process ends with. */
enum exit_status { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

typedef int command_fn(const struct command_line *line);

struct command {
	const char *name;  /* "user add" */
	const char *usage; /* its arguments */
	const char *sentence;
	command_fn *run; /* returns the exit status */
	unsigned takes;  /* options, as bits (command_line.h) */
	size_t least_arguments, most_arguments;
};

/* Finds the command, reads its command line and runs it. */
int commands_run(int argc, char **argv);

/* run.c */
command_fn run_command;
/* commands.c */
command_fn help_command;
/* user_commands.c */
command_fn user_add_command, user_remove_command, user_list_command, user_password_command;
command_fn session_list_command, session_end_command;
/* watch_commands.c */
command_fn who_command, watchers_command, why_command;
/* rule_commands.c */
command_fn allow_command, block_command, ask_command, forget_command, rules_command, requests_command;
/* mailbox_commands.c */
command_fn mailbox_set_command, mailbox_list_command, mailbox_show_command, mailbox_share_command;
/* token_commands.c */
command_fn token_add_command, token_list_command, token_remove_command;
/* inspect_commands.c */
command_fn check_command, migrate_command, status_command, message_command, version_command;
