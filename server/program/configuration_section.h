/* What sections of the configuration file have in common that are lists of groups (profiles, phone_lists): sentences
 * about what is wrong, with file and line. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "program/configuration.h"

struct config_setting_t;

struct section_reader {
	const char *section; /* "profiles" */
	const char *file;    /* where a setting does not know it */
	char *error;         /* CONFIGURATION_ERROR_SIZE */
};

/* "FILE:12: profiles.dialogs: sentence", or "FILE:12: profiles: sentence" where the setting has no name.
 * ERR_CONFIGURATION. */
int section_fail(const struct section_reader *reader, const struct config_setting_t *setting, const char *sentence);
/* "FILE:12: profiles: sentence". ERR_CONFIGURATION. */
int section_fail_whole(const struct section_reader *reader, const struct config_setting_t *setting,
		       const char *sentence);
/* The same, of memory. ERR_NO_MEMORY. */
int section_fail_memory(const struct section_reader *reader, const struct config_setting_t *setting);
/* A text that may not be empty; it is libconfig's. ERR_CONFIGURATION. */
MUST_CHECK int section_read_name(const struct section_reader *reader, const struct config_setting_t *setting,
				 const char **name);
