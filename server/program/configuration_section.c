/* Sections of the configuration file: what is wrong in them, and where. SPDX-License-Identifier: MIT */
#include "program/configuration_section.h"

#include "base/error.h"

#include <libconfig.h>
#include <stdio.h>

static int fail(const struct section_reader *reader, const config_setting_t *setting, const char *name,
		const char *sentence)
{
	const char *file = config_setting_source_file(setting);
	snprintf(reader->error, CONFIGURATION_ERROR_SIZE, "%.500s:%u: %.30s%s%.60s: %.300s", file ? file : reader->file,
		 config_setting_source_line(setting), reader->section, name ? "." : "", name ? name : "", sentence);
	return ERR_CONFIGURATION;
}

int section_fail(const struct section_reader *reader, const config_setting_t *setting, const char *sentence)
{
	return fail(reader, setting, config_setting_name(setting), sentence);
}

int section_fail_whole(const struct section_reader *reader, const config_setting_t *setting, const char *sentence)
{
	return fail(reader, setting, NULL, sentence);
}

int section_fail_memory(const struct section_reader *reader, const config_setting_t *setting)
{
	(void)fail(reader, setting, NULL, error_text(ERR_NO_MEMORY));
	return ERR_NO_MEMORY;
}

int section_read_name(const struct section_reader *reader, const config_setting_t *setting, const char **name)
{
	*name = config_setting_get_string(setting);
	return *name && (*name)[0] ? 0 : section_fail(reader, setting, "wanted is a text in quotes");
}
