/* Lists for the keys of phones in the configuration file: `phone_lists: ( { name = "sales-keys"; entries = ( "bob", …
 * ); }
 * );`. They stand beside those of the database. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "program/configuration.h"

struct config_setting_t;

#define CONFIGURATION_LISTS "phone_lists"

/* Reads the lists over what is there. ERR_CONFIGURATION, ERR_NO_MEMORY: `error` has the sentence with file and line;
 * nothing is changed. */
MUST_CHECK int configuration_lists_read(struct configuration *configuration, struct config_setting_t *setting,
					const char *file, char error[CONFIGURATION_ERROR_SIZE]);
void configuration_lists_clear(struct configuration *configuration);
bool configuration_lists_are_same(const struct configuration *a, const struct configuration *b);
void configuration_lists_swap(struct configuration *a, struct configuration *b);

/* The part of the sample file, and of docs/configuration.md. */
void configuration_lists_write_sample(struct buffer *buffer);
void configuration_lists_write_markdown(struct buffer *buffer);
