/* Reading the configuration: defaults, file (libconfig), --set. SPDX-License-Identifier: MIT */
#include "program/configuration.h"

#include "base/error.h"
#include "program/configuration_lists.h"
#include "program/configuration_profiles.h"
#include "program/options.h"

#include <ctype.h>
#include <errno.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longest dotted name. */
#define NAME_SIZE 128

int configuration_init(struct configuration *configuration)
{
	*configuration = (struct configuration){0};
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)) != NULL; i++) {
		int result = option_reset(option, configuration);
		if (result < 0) {
			configuration_finish(configuration);
			return result;
		}
	}
	return 0;
}

void configuration_finish(struct configuration *configuration)
{
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)) != NULL; i++)
		option_clear(option, configuration);
	configuration_profiles_clear(configuration);
	configuration_lists_clear(configuration);
}

/* Where a setting stands; the file may have been included by another. */
struct place {
	const char *file;
	unsigned line;
};

static int fail_at(struct place place, char error[CONFIGURATION_ERROR_SIZE], const char *sentence)
{
	snprintf(error, CONFIGURATION_ERROR_SIZE, "%.500s:%u: %s", place.file, place.line, sentence);
	return ERR_CONFIGURATION;
}

/* An option that is nearly called so, to be suggested: the same name in another group. */
static const struct option *find_similar(struct slice name)
{
	const struct option *option;
	struct slice last = name;
	while (slice_find(last, '.') < last.length)
		slice_take(&last, '.');
	for (size_t i = 0; (option = option_at(i)) != NULL; i++) {
		struct slice other = slice_text(option->name);
		while (slice_find(other, '.') < other.length)
			slice_take(&other, '.');
		if (slice_equal_nocase(other, last))
			return option;
	}
	return NULL;
}

/* A group that was given a value: "sip = 5060". */
static const struct option *find_in_group(struct slice name)
{
	const struct option_group *group;
	const struct option *option, *first = NULL;
	for (size_t i = 0; (group = option_group_at(i)) != NULL; i++) {
		if (group->prefix[0] && slice_equal(slice_text(group->prefix), name))
			break;
	}
	for (size_t i = 0; group && (option = option_at(i)) != NULL; i++) {
		if (!option_is_in_group(option, group))
			continue;
		if (strcmp(option->name + name.length, ".port") == 0)
			return option;
		if (!first)
			first = option;
	}
	return first;
}

static void describe_unknown(struct slice name, char sentence[OPTION_ERROR_SIZE])
{
	const struct option *inside = find_in_group(name);
	if (inside) {
		snprintf(sentence, OPTION_ERROR_SIZE, "%.*s is a group; did you mean %s?", SLICE_ARGS(name),
			 inside->name);
		return;
	}
	if (slice_equal(name, SLICE(CONFIGURATION_PROFILES)) || slice_equal(name, SLICE(CONFIGURATION_LISTS))) {
		snprintf(sentence, OPTION_ERROR_SIZE, "%.*s: this is a list, which only the file can have",
			 SLICE_ARGS(name));
		return;
	}
	const struct option *similar = find_similar(name);
	snprintf(sentence, OPTION_ERROR_SIZE, "%.*s: there is no such option%s%s%s",
		 (int)(name.length < 100 ? name.length : 100), name.at, similar ? " (is " : "",
		 similar ? similar->name : "", similar ? " meant?)" : "");
}

static int set_items(const struct option *option, struct configuration *configuration, config_setting_t *setting,
		     char sentence[OPTION_ERROR_SIZE])
{
	struct slice items[OPTION_LIST_MOST];
	int count = config_setting_length(setting);
	if (count > OPTION_LIST_MOST) {
		snprintf(sentence, OPTION_ERROR_SIZE, "%s: more than %d items", option->name, OPTION_LIST_MOST);
		return ERR_CONFIGURATION;
	}
	for (int i = 0; i < count; i++) {
		const char *item = config_setting_get_string_elem(setting, i);
		if (!item) {
			snprintf(sentence, OPTION_ERROR_SIZE, "%s: item %d is not a text in quotes", option->name,
				 i + 1);
			return ERR_CONFIGURATION;
		}
		items[i] = slice_text(item);
	}
	return option_set_list(option, configuration, items, (size_t)count, sentence);
}

/* The number as it was written, where that stands behind the name on the same line; else empty. */
static struct slice find_written_number(struct slice line, const char *name)
{
	struct slice wanted = slice_text(name);
	for (size_t i = 0; i + wanted.length < line.length; i++) {
		struct slice rest = slice_from(line, i);
		bool begins = i == 0 || strchr(" \t{;,", line.at[i - 1]);
		if (!begins || !slice_starts_with(rest, wanted))
			continue;
		rest = slice_trim(slice_from(rest, wanted.length));
		if (slice_is_empty(rest) || (rest.at[0] != '=' && rest.at[0] != ':'))
			continue;
		rest = slice_trim(slice_from(rest, 1));
		size_t length = 0;
		while (length < rest.length &&
		       (strchr("+-xX", rest.at[length]) || isxdigit((unsigned char)rest.at[length])))
			length++;
		return slice_of(rest.at, length);
	}
	return slice_of("", 0);
}

/* libconfig cuts numbers off at 32 bits without a word: 4294967296 would be 0. Only the file has what was meant. */
static bool is_cut_off(struct place place, const char *name, char written[NAME_SIZE])
{
	char line[1024] = "";
	FILE *stream = fopen(place.file, "re");
	for (unsigned number = 0; stream && number < place.line && fgets(line, sizeof(line), stream);)
		number += strchr(line, '\n') != NULL;
	if (stream)
		fclose(stream);
	struct slice found = find_written_number(slice_text(line), name);
	snprintf(written, NAME_SIZE, "%.*s", (int)(found.length < 60 ? found.length : 60), found.at);
	errno = 0;
	long long value = strtoll(written, NULL, 0);
	return errno == ERANGE || value > INT32_MAX || value < INT32_MIN;
}

static int set_number(const struct option *option, struct configuration *configuration, config_setting_t *setting,
		      struct place place, char sentence[OPTION_ERROR_SIZE])
{
	char written[NAME_SIZE];
	if (option->kind == OPTION_NUMBER && is_cut_off(place, config_setting_name(setting), written)) {
		bool below = written[0] == '-';
		snprintf(sentence, OPTION_ERROR_SIZE, "%s: %s is %s %u", option->name, written,
			 below ? "below" : "above", below ? option->least : option->most);
		return ERR_CONFIGURATION;
	}
	return option_set_number(option, configuration, config_setting_get_int64(setting), sentence);
}

static int set_value(const struct option *option, struct configuration *configuration, config_setting_t *setting,
		     struct place place, char sentence[OPTION_ERROR_SIZE])
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return set_number(option, configuration, setting, place, sentence);
	case CONFIG_TYPE_STRING:
		return option_set_text(option, configuration, slice_text(config_setting_get_string(setting)), sentence);
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return set_items(option, configuration, setting, sentence);
	case CONFIG_TYPE_BOOL:
		if (option_is_switch(option))
			return option_set_text(option, configuration,
					       config_setting_get_bool(setting) ? SLICE("yes") : SLICE("no"), sentence);
		break;
	default:
		break;
	}
	snprintf(sentence, OPTION_ERROR_SIZE, "%s: neither a whole number nor a text nor a list", option->name);
	return ERR_CONFIGURATION;
}

static int read_setting(struct configuration *configuration, config_setting_t *setting, const char *prefix,
			const char *file, char error[CONFIGURATION_ERROR_SIZE]);

static int read_group(struct configuration *configuration, config_setting_t *group, const char *prefix,
		      const char *file, char error[CONFIGURATION_ERROR_SIZE])
{
	int count = config_setting_length(group);
	for (int i = 0; i < count; i++) {
		config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
		int result = read_setting(configuration, setting, prefix, file, error);
		if (result < 0)
			return result;
	}
	return 0;
}

/* Groups nest one level deep and no more, so the recursion ends. */
static int read_setting(struct configuration *configuration, config_setting_t *setting, const char *prefix,
			const char *file, char error[CONFIGURATION_ERROR_SIZE])
{
	const char *in_file = config_setting_source_file(setting);
	struct place place = {in_file ? in_file : file, config_setting_source_line(setting)};
	char name[NAME_SIZE], sentence[OPTION_ERROR_SIZE];
	int length = snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "", config_setting_name(setting));
	if (length < 0 || (size_t)length >= sizeof(name))
		return fail_at(place, error, "the name is too long for any option");
	if (strcmp(name, CONFIGURATION_PROFILES) == 0)
		return configuration_profiles_read(configuration, setting, file, error);
	if (strcmp(name, CONFIGURATION_LISTS) == 0)
		return configuration_lists_read(configuration, setting, file, error);
	const struct option *option = option_find(slice_text(name));
	if (!option && config_setting_is_group(setting) && !prefix[0]) {
		const struct option_group *group;
		for (size_t i = 0; (group = option_group_at(i)) != NULL; i++) {
			if (strcmp(group->prefix, name) == 0)
				return read_group(configuration, setting, name, file, error);
		}
	}
	if (!option) {
		describe_unknown(slice_text(name), sentence);
		return fail_at(place, error, sentence);
	}
	int result = set_value(option, configuration, setting, place, sentence);
	if (result < 0) {
		fail_at(place, error, sentence);
		return result;
	}
	configuration->lines[option_index(option)] = place.line;
	return 0;
}

int configuration_read(struct configuration *configuration, const char *file, char error[CONFIGURATION_ERROR_SIZE])
{
	FILE *stream = fopen(file, "re");
	if (!stream) {
		snprintf(error, CONFIGURATION_ERROR_SIZE, "%.500s: %s", file, error_text(-errno));
		return ERR_CONFIGURATION;
	}
	config_t parsed;
	config_init(&parsed);
	int result;
	if (config_read(&parsed, stream)) {
		result = read_group(configuration, config_root_setting(&parsed), "", file, error);
	} else {
		const char *in_file = config_error_file(&parsed);
		struct place place = {in_file ? in_file : file, (unsigned)config_error_line(&parsed)};
		result = fail_at(place, error, config_error_text(&parsed));
	}
	config_destroy(&parsed);
	fclose(stream);
	return result;
}

int configuration_set(struct configuration *configuration, const char *assignment, char error[CONFIGURATION_ERROR_SIZE])
{
	struct slice rest = slice_text(assignment);
	if (slice_find(rest, '=') == rest.length) {
		snprintf(error, CONFIGURATION_ERROR_SIZE, "--set %.100s: name=value is wanted", assignment);
		return ERR_CONFIGURATION;
	}
	struct slice name = slice_trim(slice_take(&rest, '='));
	const struct option *option = option_find(name);
	char sentence[OPTION_ERROR_SIZE];
	int result = ERR_CONFIGURATION;
	if (option)
		result = option_set_word(option, configuration, rest, sentence);
	else
		describe_unknown(name, sentence);
	if (result < 0)
		snprintf(error, CONFIGURATION_ERROR_SIZE, "--set: %s", sentence);
	else
		configuration->lines[option_index(option)] = 0;
	return result;
}

/* `low` may not be above `high`. */
struct order {
	size_t low_index, high_index;
	size_t low_offset, high_offset;
};

#define ORDER(low, high)                                                                                               \
	{                                                                                                              \
		CONFIGURATION_INDEX_##low, CONFIGURATION_INDEX_##high, offsetof(struct configuration, low),            \
			offsetof(struct configuration, high)                                                           \
	}

static const struct order orders[] = {
	ORDER(registrar_min_expires_s, registrar_expires_s),
	ORDER(registrar_expires_s, registrar_max_expires_s),
	ORDER(message_retry_first_s, message_retry_most_s),
	ORDER(subscription_min_expires_s, subscription_expires_s),
	ORDER(subscription_expires_s, subscription_max_expires_s),
	ORDER(subscription_retry_first_s, subscription_retry_most_s),
	ORDER(publication_min_expires_s, publication_expires_s),
	ORDER(publication_expires_s, publication_max_expires_s),
	ORDER(mailbox_retry_first_s, mailbox_retry_most_s),
	ORDER(storage_reconnect_ms, storage_reconnect_most_ms),
	ORDER(sip_t1_ms, sip_t2_ms),
	ORDER(limits_header_bytes, limits_message_bytes),
	ORDER(limits_body_bytes, limits_message_bytes),
};

static uint32_t number_at(const struct configuration *configuration, size_t offset)
{
	uint32_t number;
	memcpy(&number, (const char *)configuration + offset, sizeof(number));
	return number;
}

void configuration_blame(const struct configuration *configuration, const char *file, size_t index,
			 const char *sentence, char error[CONFIGURATION_ERROR_SIZE])
{
	const char *name = option_at(index)->name;
	if (file && configuration->lines[index] > 0)
		snprintf(error, CONFIGURATION_ERROR_SIZE, "%s:%u: %s: %s", file, configuration->lines[index], name,
			 sentence);
	else
		snprintf(error, CONFIGURATION_ERROR_SIZE, "%s: %s", name, sentence);
}

int configuration_check(const struct configuration *configuration, const char *file,
			char error[CONFIGURATION_ERROR_SIZE])
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		const struct order *order = &orders[i];
		uint32_t low = number_at(configuration, order->low_offset);
		uint32_t high = number_at(configuration, order->high_offset);
		if (low <= high)
			continue;
		/* blame the one that the administrator wrote */
		bool blame_low = configuration->lines[order->low_index] > configuration->lines[order->high_index];
		size_t blamed = blame_low ? order->low_index : order->high_index;
		size_t other = blame_low ? order->high_index : order->low_index;
		char sentence[200];
		snprintf(sentence, sizeof(sentence), "%u is %s %s (%u)", blame_low ? low : high,
			 blame_low ? "above" : "below", option_at(other)->name, blame_low ? high : low);
		configuration_blame(configuration, file, blamed, sentence, error);
		return ERR_CONFIGURATION;
	}
	bool has_certificate = configuration->tls_certificate[0] != '\0', has_key = configuration->tls_key[0] != '\0';
	if (has_certificate != has_key) {
		size_t given = has_certificate ? CONFIGURATION_INDEX_tls_certificate : CONFIGURATION_INDEX_tls_key;
		configuration_blame(configuration, file, given,
				    has_certificate ? "tls.key is missing" : "tls.certificate is missing", error);
		return ERR_CONFIGURATION;
	}
	return 0;
}
