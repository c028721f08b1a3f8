/* Phone profiles in the configuration file: `profiles: ( { name = "Door"; user_agent = "Acme*"; }, … );`, which come
 * before those that the program ships. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "program/configuration.h"

struct config_setting_t;

#define CONFIGURATION_PROFILES "profiles"

/* Reads the list over what is there. ERR_CONFIGURATION, ERR_NO_MEMORY: `error` has the sentence with file and line;
 * nothing is changed. */
MUST_CHECK int configuration_profiles_read(struct configuration *configuration, struct config_setting_t *setting,
					   const char *file, char error[CONFIGURATION_ERROR_SIZE]);
void configuration_profiles_clear(struct configuration *configuration);
bool configuration_profiles_are_same(const struct configuration *a, const struct configuration *b);

/* The part of the sample file, and of docs/configuration.md. */
void configuration_profiles_write_sample(struct buffer *buffer);
void configuration_profiles_write_markdown(struct buffer *buffer);
