/* The option table: one row for every option (options.def), and the ways to set a field of struct configuration
 * through its row, so that bounds, types and checks are the same wherever a value comes from.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "program/configuration.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sentence about one option; whoever read the value puts file and line before it. */
#define OPTION_ERROR_SIZE 400
/* Most items of a list. */
#define OPTION_LIST_MOST 64

enum option_kind { OPTION_NUMBER, OPTION_TEXT, OPTION_LIST };

/* What is wrong with the value ("is not an IP address"), NULL where nothing is. */
typedef const char *option_check_fn(struct slice value);

struct option {
	const char *name; /* "sip.port" */
	enum option_kind kind;
	size_t offset;          /* of the field in struct configuration */
	const char *initial;    /* the default as text; NULL: a number that may be left out */
	const char *otherwise;  /* what holds where it is empty or left out; NULL: it is never */
	const char *example;    /* of a number that may be left out */
	uint32_t least, most;   /* bounds of a number */
	const char *unit;       /* "" where it has none */
	option_check_fn *check; /* of a text or an item of a list; NULL: anything goes */
	bool reloads;           /* SIGHUP applies a new value */
	const char *sentence;
};

struct option_group {
	const char *prefix; /* "sip"; "" for names without a dot */
	const char *heading;
};

/* The rows in the order of options.def; NULL behind the last. */
const struct option *option_at(size_t index);
const struct option_group *option_group_at(size_t index);
const struct option *option_find(struct slice name);
/* The row's place in the table: index of configuration.lines. */
size_t option_index(const struct option *option);
/* True for a text that is "yes" or "no"; the file may say true or false as well. */
bool option_is_switch(const struct option *option);
/* True where the option belongs to the group. */
bool option_is_in_group(const struct option *option, const struct option_group *group);

/* Each sets the field, or leaves it and says in `error` what is wrong: "sip.port: 70000 is above 65535".
 * ERR_CONFIGURATION, ERR_NO_MEMORY. */
MUST_CHECK int option_set_number(const struct option *option, struct configuration *configuration, int64_t number,
				 char error[OPTION_ERROR_SIZE]);
MUST_CHECK int option_set_text(const struct option *option, struct configuration *configuration, struct slice text,
			       char error[OPTION_ERROR_SIZE]);
MUST_CHECK int option_set_list(const struct option *option, struct configuration *configuration,
			       const struct slice *items, size_t count, char error[OPTION_ERROR_SIZE]);
/* From the command line: a number in decimal, the items of a list separated by commas. */
MUST_CHECK int option_set_word(const struct option *option, struct configuration *configuration, struct slice word,
			       char error[OPTION_ERROR_SIZE]);
/* Back to the default. ERR_NO_MEMORY. */
MUST_CHECK int option_reset(const struct option *option, struct configuration *configuration);
/* Frees what the field holds. */
void option_clear(const struct option *option, struct configuration *configuration);
/* True where both configurations have the same value. */
bool option_is_same(const struct option *option, const struct configuration *a, const struct configuration *b);
/* Exchanges the value of both. */
void option_swap(const struct option *option, struct configuration *a, struct configuration *b);
