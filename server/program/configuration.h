/* What the administrator wants: one field for every row of options.def, from the defaults, the file and --set.
 *
 * The file is read with libconfig: `domain = "example.test"; sip: { port = 5060; };`. Unknown names, wrong types and
 * values out of bounds are errors that name file and line. (The module is not called `config`, because libconfig has
 * config_init and config_destroy already.) SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "presence/profile.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIGURATION_ERROR_SIZE 1024
/* A number that was left out. */
#define CONFIGURATION_UNSET UINT32_MAX

struct text_list {
	char **items;
	size_t count;
};

struct profile_list {
	struct profile *items;
	size_t count;
};

/* One entry of a list for the keys of phones. */
struct phone_list_entry {
	char *list; /* the user part of its address */
	char *uri;  /* an account's name, or a URI; empty: the list has no entries, and this is all that says that it is
		     */
	char *name; /* what the key shows; empty: none */
};
/* In the order of the file; the entries of a list follow each other. */
struct phone_lists {
	struct phone_list_entry *items;
	size_t count;
};

enum {
#define GROUP(prefix, heading)
#define NUMBER(field, ...) CONFIGURATION_INDEX_##field,
#define OPTIONAL(field, ...) CONFIGURATION_INDEX_##field,
#define TEXT(field, ...) CONFIGURATION_INDEX_##field,
#define LIST(field, ...) CONFIGURATION_INDEX_##field,
#include "program/options.def"
	CONFIGURATION_OPTION_COUNT
};

/* `sip.port` is `sip_port`, and so on. Texts are never NULL once configuration_init has succeeded. */
struct configuration {
#define GROUP(prefix, heading)
#define NUMBER(field, ...) uint32_t field;
#define OPTIONAL(field, ...) uint32_t field; /* CONFIGURATION_UNSET: left out */
#define TEXT(field, ...) char *field;
#define LIST(field, ...) struct text_list field;
#include "program/options.def"
	struct profile_list profiles;               /* phones that need something else (configuration_profiles.h) */
	struct phone_lists phone_lists;             /* configuration_lists.h */
	unsigned lines[CONFIGURATION_OPTION_COUNT]; /* where in the file each was set; 0: it was not */
};

/* All defaults. ERR_NO_MEMORY (nothing is left to free). */
MUST_CHECK int configuration_init(struct configuration *configuration);
/* Accepts a zeroed one. */
void configuration_finish(struct configuration *configuration);

/* Reads a file over what is there. On failure `error` is the sentence ("/etc/heliograph.conf:12: sip.port: 70000 is
 * above 65535"). ERR_CONFIGURATION, ERR_NO_MEMORY. */
MUST_CHECK int configuration_read(struct configuration *configuration, const char *file,
				  char error[CONFIGURATION_ERROR_SIZE]);
/* `assignment` is "name=value", as --set takes it. */
MUST_CHECK int configuration_set(struct configuration *configuration, const char *assignment,
				 char error[CONFIGURATION_ERROR_SIZE]);
/* What no single option can tell: values that contradict each other. `file` (may be NULL) is for the sentence. */
MUST_CHECK int configuration_check(const struct configuration *configuration, const char *file,
				   char error[CONFIGURATION_ERROR_SIZE]);

/* What keeps a server from starting, and no other command: files and folders that are missing or closed to us, one port
 * for two things (configuration_serving.c). */
MUST_CHECK int configuration_check_serving(const struct configuration *configuration, const char *file,
					   char error[CONFIGURATION_ERROR_SIZE]);
/* The sentence about the option with that index, behind its place in the file if it has one. */
void configuration_blame(const struct configuration *configuration, const char *file, size_t index,
			 const char *sentence, char error[CONFIGURATION_ERROR_SIZE]);
/* The port for HTTPS: as configured, or the one behind web.port; 0 takes a free one. */
uint32_t configuration_web_tls_port(const struct configuration *configuration);

/* The commented sample file, and docs/configuration.md (configuration_write.c). */
void configuration_write_sample(struct buffer *buffer);
void configuration_write_markdown(struct buffer *buffer);
