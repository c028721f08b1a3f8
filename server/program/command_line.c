/* Reading the command line. SPDX-License-Identifier: MIT */
#include "program/command_line.h"

#include "base/error.h"
#include "base/slice.h"
#include "program/state_owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_FILE "/etc/heliograph.conf"

struct flag {
	const char *name;
	unsigned takes; /* the commands that accept it */
	bool has_value;
	size_t offset; /* of a const char * or a bool in struct command_line */
};

#define SETS ((size_t)-1)

static const struct flag flags[] = {
	{"--config", TAKES_CONFIGURATION, true, offsetof(struct command_line, config)},
	{"--set", TAKES_CONFIGURATION, true, SETS},
	{"--state", TAKES_CONFIGURATION, true, offsetof(struct command_line, state)},
	{"--accounts", TAKES_ACCOUNTS, true, offsetof(struct command_line, accounts)},
	{"--demo", TAKES_ACCOUNTS, false, offsetof(struct command_line, demo)},
	{"--print-sample", TAKES_PRINT, false, offsetof(struct command_line, print_sample)},
	{"--print-markdown", TAKES_PRINT, false, offsetof(struct command_line, print_markdown)},
	{"--generate", TAKES_GENERATE, false, offsetof(struct command_line, generate)},
	{"--event", TAKES_EVENT, true, offsetof(struct command_line, event)},
	{"--politely", TAKES_POLITELY, false, offsetof(struct command_line, politely)},
	{"--expires", TAKES_EXPIRY, true, offsetof(struct command_line, expires)},
};

static const struct flag *find_flag(struct slice name, unsigned takes)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		if ((flags[i].takes & takes) && slice_equal(slice_text(flags[i].name), name))
			return &flags[i];
	}
	return NULL;
}

static int keep_value(const struct flag *flag, const char *value, struct command_line *line,
		      char error[COMMAND_LINE_ERROR_SIZE])
{
	if (flag->offset != SETS) {
		*(const char **)(void *)((char *)line + flag->offset) = value;
		return 0;
	}
	if (line->set_count == COMMAND_LINE_SETS) {
		snprintf(error, COMMAND_LINE_ERROR_SIZE, "more than %d --set", COMMAND_LINE_SETS);
		return ERR_CONFIGURATION;
	}
	line->sets[line->set_count++] = value;
	return 0;
}

/* One option at argv[*at]; moves `at` over its value. */
static int parse_flag(int argc, char **argv, int *at, unsigned takes, struct command_line *line,
		      char error[COMMAND_LINE_ERROR_SIZE])
{
	struct slice value = slice_text(argv[*at]), name = slice_take(&value, '=');
	bool has_value = argv[*at][name.length] == '=';
	if (slice_equal(name, SLICE("--help")) || slice_equal(name, SLICE("-h"))) {
		line->help = true;
		return 0;
	}
	const struct flag *flag = find_flag(name, takes);
	const char *wrong = !flag                                              ? "there is no such option"
			    : !flag->has_value && has_value                    ? "takes no value"
			    : flag->has_value && !has_value && *at + 1 == argc ? "a value is missing"
									       : NULL;
	if (wrong || !flag) {
		snprintf(error, COMMAND_LINE_ERROR_SIZE, "%.*s: %s", (int)(name.length < 60 ? name.length : 60),
			 name.at, wrong);
		return ERR_CONFIGURATION;
	}
	if (flag->has_value)
		return keep_value(flag, has_value ? value.at : argv[++*at], line, error);
	*(bool *)(void *)((char *)line + flag->offset) = true;
	return 0;
}

int command_line_parse(int argc, char **argv, unsigned takes, struct command_line *line,
		       char error[COMMAND_LINE_ERROR_SIZE])
{
	*line = (struct command_line){.arguments = argv};
	bool only_arguments = false;
	for (int i = 0; i < argc; i++) {
		if (!only_arguments && strcmp(argv[i], "--") == 0) {
			only_arguments = true;
		} else if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[line->argument_count++] = argv[i];
		} else {
			int result = parse_flag(argc, argv, &i, takes, line, error);
			if (result < 0)
				return result;
		}
	}
	return 0;
}

static int set_state(struct configuration *configuration, const char *state, char error[CONFIGURATION_ERROR_SIZE])
{
	char assignment[PATH_MAX + 16];
	snprintf(assignment, sizeof(assignment), "state=%s", state);
	return configuration_set(configuration, assignment, error);
}

const char *command_line_file(const struct command_line *line)
{
	return line->config ? line->config : access(DEFAULT_FILE, F_OK) == 0 ? DEFAULT_FILE : NULL;
}

static int fill(const struct command_line *line, struct configuration *configuration,
		char error[CONFIGURATION_ERROR_SIZE])
{
	const char *file = command_line_file(line);
	int result = file ? configuration_read(configuration, file, error) : 0;
	for (size_t i = 0; result == 0 && i < line->set_count; i++)
		result = configuration_set(configuration, line->sets[i], error);
	if (result == 0 && line->state)
		result = set_state(configuration, line->state, error);
	if (result == 0 && !configuration->state[0])
		result = set_state(configuration, geteuid() == 0 ? "/var/lib/heliograph" : "heliograph-state", error);
	if (result == 0)
		result = state_owner_become(configuration->state, error, CONFIGURATION_ERROR_SIZE);
	return result < 0 ? result : configuration_check(configuration, file, error);
}

int command_line_configuration(const struct command_line *line, struct configuration *configuration,
			       char error[CONFIGURATION_ERROR_SIZE])
{
	int result = configuration_init(configuration);
	if (result < 0) {
		snprintf(error, CONFIGURATION_ERROR_SIZE, "%s", error_text(result));
		return result;
	}
	result = fill(line, configuration, error);
	if (result < 0)
		configuration_finish(configuration);
	return result;
}

int command_line_configuration_to_serve(const struct command_line *line, struct configuration *configuration,
					char error[CONFIGURATION_ERROR_SIZE])
{
	int result = command_line_configuration(line, configuration, error);
	if (result < 0)
		return result;
	result = configuration_check_serving(configuration, command_line_file(line), error);
	if (result < 0)
		configuration_finish(configuration);
	return result;
}

/* The folder and those above it that are missing. */
static int make_folders(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	if (length >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

int command_line_state_folder(const struct configuration *configuration, char path[PATH_MAX],
			      char error[CONFIGURATION_ERROR_SIZE])
{
	int result = make_folders(configuration->state);
	char absolute[PATH_MAX];
	if (result == 0 && !realpath(configuration->state, absolute))
		result = -errno;
	if (result == 0 && faccessat(AT_FDCWD, absolute, W_OK | X_OK, AT_EACCESS) != 0)
		result = -errno;
	if (result < 0) {
		snprintf(error, CONFIGURATION_ERROR_SIZE, "the state folder %.300s: %s", configuration->state,
			 error_text(result));
		return ERR_CONFIGURATION;
	}
	memcpy(path, absolute, strlen(absolute) + 1);
	return 0;
}
