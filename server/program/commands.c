/* The table of commands, and how one of them is found and run. SPDX-License-Identifier: MIT */
#include "program/commands.h"

#include "base/attributes.h"
#include "program/token.h"

#include <stdio.h>
#include <string.h>

#define SCOPE(name) name " "
static const struct command commands[] = {
	{"run", "", "Serve, until SIGTERM.", run_command, TAKES_CONFIGURATION | TAKES_ACCOUNTS, 0, 0},
	{"check", "", "Read the configuration and say what is wrong with it; or print the sample or the reference.",
	 check_command, TAKES_CONFIGURATION | TAKES_PRINT, 0, 0},
	{"migrate", "", "Bring the database's schema up to this program.", migrate_command, TAKES_CONFIGURATION, 0, 0},
	{"user add", "USER", "Add an account; its password is read from standard input, or made up (--generate).",
	 user_add_command, TAKES_CONFIGURATION | TAKES_GENERATE, 1, 1},
	{"user remove", "USER", "Remove an account with its devices and messages.", user_remove_command,
	 TAKES_CONFIGURATION, 1, 1},
	{"user list", "", "List the accounts, their devices and the messages that wait for them.", user_list_command,
	 TAKES_CONFIGURATION, 0, 0},
	{"user password", "USER", "Change a password; it is read from standard input, or made up (--generate).",
	 user_password_command, TAKES_CONFIGURATION | TAKES_GENERATE, 1, 1},
	{"session list", "USER", "List the pages that have logged in to an account, and when they were used.",
	 session_list_command, TAKES_CONFIGURATION, 1, 1},
	{"session end", "USER ID|all", "End one of them, or all; it is good for nothing at once.", session_end_command,
	 TAKES_CONFIGURATION, 2, 2},
	{"status", "", "Ask the server that runs how it is.", status_command, TAKES_CONFIGURATION, 0, 0},
	{"message", "FROM TO [TEXT]",
	 "Have the server that runs send a message; the text may come from standard input.", message_command,
	 TAKES_CONFIGURATION, 2, 3},
	{"who", "", "List who is registered: presence, the way to the device, for how long, its User-Agent.",
	 who_command, TAKES_CONFIGURATION, 0, 0},
	{"watchers", "USER", "List who watches a user or a mailbox, whom he watches, and what was told last.",
	 watchers_command, TAKES_CONFIGURATION, 1, 1},
	{"why", "WATCHER USER", "Say why a watcher was told of a user's or mailbox's state, or was not.", why_command,
	 TAKES_CONFIGURATION, 2, 2},
	{"allow", "USER WATCHER", "Let a watcher see a user's presence, or what --event says.", allow_command,
	 TAKES_CONFIGURATION | TAKES_EVENT, 2, 2},
	{"block", "USER WATCHER", "Let a watcher see nothing of a user, or not what --event says.", block_command,
	 TAKES_CONFIGURATION | TAKES_EVENT | TAKES_POLITELY, 2, 2},
	{"ask", "USER WATCHER", "Let a watcher wait until the user has decided.", ask_command,
	 TAKES_CONFIGURATION | TAKES_EVENT, 2, 2},
	{"forget", "USER WATCHER", "Undo what was decided about a watcher: he gets what everybody gets.",
	 forget_command, TAKES_CONFIGURATION | TAKES_EVENT, 2, 2},
	{"rules", "USER", "List what was decided about a user's watchers.", rules_command, TAKES_CONFIGURATION, 1, 1},
	{"requests", "USER", "List who wants to watch a user, and waits for a decision.", requests_command,
	 TAKES_CONFIGURATION, 1, 1},
	{"mailbox set", "NAME CLASS=NEW/OLD...",
	 "Set what waits in a mailbox: voice=3/1 voice-urgent=1/0 fax=2/0; classes that are not named stay.",
	 mailbox_set_command, TAKES_CONFIGURATION, 2, SIZE_MAX},
	{"mailbox list", "", "List the mailboxes, what waits in them, and who shares them.", mailbox_list_command,
	 TAKES_CONFIGURATION, 0, 0},
	{"mailbox show", "NAME", "Show one mailbox.", mailbox_show_command, TAKES_CONFIGURATION, 1, 1},
	{"mailbox share", "NAME [USER]...", "Say who uses a mailbox beside the account of its name; nobody ends it.",
	 mailbox_share_command, TAKES_CONFIGURATION, 1, SIZE_MAX},
	{"token add", "NAME SCOPE...",
	 "Make a token for the HTTP API and print it, once. Scopes: " TOKEN_SCOPES(SCOPE) "admin.", token_add_command,
	 TAKES_CONFIGURATION | TAKES_EXPIRY, 2, SIZE_MAX},
	{"token list", "", "List the tokens, their scopes and when they end.", token_list_command, TAKES_CONFIGURATION,
	 0, 0},
	{"token remove", "NAME", "Remove a token; it is good for nothing at once.", token_remove_command,
	 TAKES_CONFIGURATION, 1, 1},
	{"version", "", "Print the program's version.", version_command, 0, 0, 0},
	{"help", "", "Print this.", help_command, 0, 0, SIZE_MAX},
};
#undef SCOPE

struct group_help {
	unsigned takes;
	const char *text;
};

static const struct group_help option_help[] = {
	{TAKES_CONFIGURATION,
	 "  --config FILE     read this configuration (default: /etc/heliograph.conf, if there is one)\n"
	 "  --set NAME=VALUE  set one option (`heliograph check --print-markdown` lists them)\n"
	 "  --state FOLDER    where the server keeps what it makes itself\n"},
	{TAKES_ACCOUNTS, "  --accounts FILE   create or update these accounts first: user,password a line\n"
			 "  --demo            create the accounts alice, bob and carol, and print how to use them\n"},
	{TAKES_PRINT, "  --print-sample    print a configuration file with every option\n"
		      "  --print-markdown  print the reference of all options\n"},
	{TAKES_GENERATE, "  --generate        make up a password and print it\n"},
	{TAKES_EVENT,
	 "  --event EVENT     presence, dialog (calls), message-summary (voicemail), reg (devices) or all\n"},
	{TAKES_POLITELY, "  --politely        the watcher is shown somebody who is not there\n"},
	{TAKES_EXPIRY, "  --expires DAYS    the token ends after so many days (default: never)\n"},
};

static void print_options(FILE *stream, unsigned takes)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_help); i++) {
		if (option_help[i].takes & takes)
			fputs(option_help[i].text, stream);
	}
}

/* What a command's name and arguments take in the list; longer ones have a line to themselves. */
#define HEAD_COLUMNS 24

static void print_help(FILE *stream)
{
	fputs("Heliograph, a SIP server for chat and presence.\n\nUsage: heliograph COMMAND [OPTION]... "
	      "[ARGUMENT]...\n\nCommands:\n",
	      stream);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char head[64];
		snprintf(head, sizeof(head), "%s %s", commands[i].name, commands[i].usage);
		bool is_long = strlen(head) > HEAD_COLUMNS;
		fprintf(stream, "  %-*s%s%*s %s\n", HEAD_COLUMNS, head, is_long ? "\n  " : "",
			is_long ? HEAD_COLUMNS : 0, "", commands[i].sentence);
	}
	fputs("\nOptions, where the command has a use for them:\n", stream);
	print_options(stream, ~0u);
}

int help_command(const struct command_line *line)
{
	(void)line;
	print_help(stdout);
	return EXIT_GOOD;
}

/* Commands have one word or two. `words` becomes how many. */
static const struct command *find_command(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		char name[64] = "";
		const char *blank = strchr(commands[i].name, ' ');
		*words = blank ? 2 : 1;
		if (argc < *words)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", argv[0], blank ? " " : "", blank ? argv[1] : "");
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	}
	return NULL;
}

/* "heliograph user": the commands that begin so; false where none does. */
static bool print_beginning(const char *word)
{
	size_t length = strlen(word);
	bool any = false;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strncmp(commands[i].name, word, length) != 0 || commands[i].name[length] != ' ')
			continue;
		fprintf(stderr, "%s heliograph %s %s\n", any ? "      " : "Usage:", commands[i].name,
			commands[i].usage);
		any = true;
	}
	return any;
}

static int run_with(const struct command *command, int argc, char **argv)
{
	struct command_line line;
	char error[COMMAND_LINE_ERROR_SIZE];
	if (command_line_parse(argc, argv, command->takes, &line, error) < 0) {
		fprintf(stderr, "heliograph %s: %s\n", command->name, error);
		return EXIT_USAGE;
	}
	if (line.help) {
		printf("heliograph %s %s\n%s\n", command->name, command->usage, command->sentence);
		print_options(stdout, command->takes);
		return EXIT_GOOD;
	}
	if (line.argument_count < command->least_arguments || line.argument_count > command->most_arguments) {
		fprintf(stderr, "Usage: heliograph %s %s\n", command->name, command->usage);
		return EXIT_USAGE;
	}
	return command->run(&line);
}

int commands_run(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help_command(NULL);
	if (strcmp(argv[1], "--version") == 0)
		return version_command(NULL);
	int words;
	const struct command *command = find_command(argc - 1, argv + 1, &words);
	if (command)
		return run_with(command, argc - 1 - words, argv + 1 + words);
	if (print_beginning(argv[1]))
		return EXIT_USAGE;
	fprintf(stderr, "heliograph: there is no command %.60s; `heliograph help` lists them\n", argv[1]);
	return EXIT_USAGE;
}
