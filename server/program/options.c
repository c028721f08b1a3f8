/* The option table and the setting of one option. SPDX-License-Identifier: MIT */
#include "program/options.h"

#include "base/address.h"
#include "base/error.h"
#include "base/log.h"
#include "core/trust.h"
#include "presence/events.h"
#include "program/credentials.h"
#include "sip/uri.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *check_address(struct slice value)
{
	struct address address;
	return address_parse_ip(value, 0, &address) ? NULL : "is not an IP address";
}

static const char *check_host(struct slice value)
{
	struct address address;
	if (address_parse_ip(value, 0, &address))
		return NULL;
	if (value.length > 253 || value.at[0] == '.' || value.at[0] == '-')
		return "is not a host name";
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.at[i];
		if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
		      byte == '-' || byte == '.'))
			return "is not a host name";
	}
	return NULL;
}

static const char *check_algorithm(struct slice value)
{
	bool known = slice_equal(value, SLICE("MD5")) || slice_equal(value, SLICE("SHA-256"));
	return known ? NULL : "is neither MD5 nor SHA-256";
}

static const char *check_log_level(struct slice value)
{
	enum log_level level;
	return log_level_parse(value, &level) ? NULL : "is not one of error, warning, info and debug";
}

static const char *check_log_format(struct slice value)
{
	bool known = slice_equal(value, SLICE("text")) || slice_equal(value, SLICE("json"));
	return known ? NULL : "is neither text nor json";
}

static const char *check_link(struct slice value)
{
	bool is_link = slice_starts_with(value, SLICE("https://")) || slice_starts_with(value, SLICE("http://"));
	for (size_t i = 0; i < value.length; i++)
		is_link =
			is_link && value.at[i] > ' ' && value.at[i] < 0x7f && value.at[i] != '"' && value.at[i] != '<';
	return is_link ? NULL : "is no address of a page that begins with https:// or http://";
}

static const char *check_watch(struct slice value)
{
	bool known = slice_equal(value, SLICE("domain")) || slice_equal(value, SLICE("ask")) ||
		     slice_equal(value, SLICE("self")) || slice_equal(value, SLICE("nobody"));
	return known ? NULL : "is not one of domain, ask, self and nobody";
}

/* Nobody decides about conferences. */
static const char *check_conference_watch(struct slice value)
{
	return slice_equal(value, SLICE("ask")) || check_watch(value) ? "is not one of domain, self and nobody" : NULL;
}

static const char *check_switch(struct slice value)
{
	bool known = slice_equal(value, SLICE("yes")) || slice_equal(value, SLICE("no"));
	return known ? NULL : "is neither yes nor no";
}

static const char *check_user(struct slice value)
{
	return credential_check_user(value) ? "is not the user part of an address" : NULL;
}

/* Kept in a fixed place of the event side. */
static const char *check_service(struct slice value)
{
	if (value.length >= sizeof((struct lists_options){0}.service))
		return "is too long";
	return check_user(value);
}

static const char *check_network(struct slice value)
{
	return trust_is_network(value) ? NULL : "is neither an IP address nor a network of them";
}

/* Where the server itself sends requests to: a host, perhaps with port and transport. */
static const char *check_server(struct slice value)
{
	struct sip_uri uri;
	bool good = sip_uri_parse(value, &uri) == 0 && (uri.scheme == URI_SIP || uri.scheme == URI_SIPS) &&
		    slice_is_empty(uri.user);
	return good ? NULL : "is not the SIP URI of a server (sip:HOST)";
}

#define AT_START false
#define RELOADS true
#define TO_TEXT(number) #number

static const struct option options[] = {
#define GROUP(prefix, heading_text)
#define NUMBER(field, name_text, initial_number, lowest, highest, unit_text, reload, sentence_text)                    \
	{.name = name_text,                                                                                            \
	 .kind = OPTION_NUMBER,                                                                                        \
	 .offset = offsetof(struct configuration, field),                                                              \
	 .initial = TO_TEXT(initial_number),                                                                           \
	 .least = lowest,                                                                                              \
	 .most = highest,                                                                                              \
	 .unit = unit_text,                                                                                            \
	 .reloads = reload,                                                                                            \
	 .sentence = sentence_text},
#define OPTIONAL(field, name_text, otherwise_text, example_number, lowest, highest, unit_text, reload, sentence_text)  \
	{.name = name_text,                                                                                            \
	 .kind = OPTION_NUMBER,                                                                                        \
	 .offset = offsetof(struct configuration, field),                                                              \
	 .otherwise = otherwise_text,                                                                                  \
	 .example = TO_TEXT(example_number),                                                                           \
	 .least = lowest,                                                                                              \
	 .most = highest,                                                                                              \
	 .unit = unit_text,                                                                                            \
	 .reloads = reload,                                                                                            \
	 .sentence = sentence_text},
#define TEXT(field, name_text, initial_text, otherwise_text, check_function, reload, sentence_text)                    \
	{.name = name_text,                                                                                            \
	 .kind = OPTION_TEXT,                                                                                          \
	 .offset = offsetof(struct configuration, field),                                                              \
	 .initial = initial_text,                                                                                      \
	 .otherwise = otherwise_text,                                                                                  \
	 .unit = "",                                                                                                   \
	 .check = check_function,                                                                                      \
	 .reloads = reload,                                                                                            \
	 .sentence = sentence_text},
#define LIST(field, name_text, initial_text, otherwise_text, check_function, reload, sentence_text)                    \
	{.name = name_text,                                                                                            \
	 .kind = OPTION_LIST,                                                                                          \
	 .offset = offsetof(struct configuration, field),                                                              \
	 .initial = initial_text,                                                                                      \
	 .otherwise = otherwise_text,                                                                                  \
	 .unit = "",                                                                                                   \
	 .check = check_function,                                                                                      \
	 .reloads = reload,                                                                                            \
	 .sentence = sentence_text},
#include "program/options.def"
};

static const struct option_group groups[] = {
#define GROUP(prefix_text, heading_text) {prefix_text, heading_text},
#define NUMBER(...)
#define OPTIONAL(...)
#define TEXT(...)
#define LIST(...)
#include "program/options.def"
};

const struct option *option_at(size_t index)
{
	return index < ARRAY_SIZE(options) ? &options[index] : NULL;
}

const struct option_group *option_group_at(size_t index)
{
	return index < ARRAY_SIZE(groups) ? &groups[index] : NULL;
}

const struct option *option_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (slice_equal(slice_text(options[i].name), name))
			return &options[i];
	}
	return NULL;
}

size_t option_index(const struct option *option)
{
	return (size_t)(option - options);
}

bool option_is_switch(const struct option *option)
{
	return option->check == check_switch;
}

bool option_is_in_group(const struct option *option, const struct option_group *group)
{
	struct slice rest = slice_text(option->name);
	size_t dot = slice_find(rest, '.');
	struct slice prefix = dot < rest.length ? slice_of(rest.at, dot) : slice_of(rest.at, 0);
	return slice_equal(prefix, slice_text(group->prefix));
}

static uint32_t *number_field(const struct option *option, struct configuration *configuration)
{
	return (uint32_t *)(void *)((char *)configuration + option->offset);
}

static char **text_field(const struct option *option, struct configuration *configuration)
{
	return (char **)(void *)((char *)configuration + option->offset);
}

static struct text_list *list_field(const struct option *option, struct configuration *configuration)
{
	return (struct text_list *)(void *)((char *)configuration + option->offset);
}

static char *copy_text(struct slice text)
{
	char *copy = malloc(text.length + 1);
	if (!copy)
		return NULL;
	if (text.length > 0)
		memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	return copy;
}

static void list_clear(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){0};
}

static const char *kind_text(enum option_kind kind)
{
	static const char *const texts[] = {
		[OPTION_NUMBER] = "a number", [OPTION_TEXT] = "a text", [OPTION_LIST] = "a list of texts"};
	return texts[kind];
}

static int wrong_kind(const struct option *option, const char *given, char error[OPTION_ERROR_SIZE])
{
	snprintf(error, OPTION_ERROR_SIZE, "%s: this is %s, wanted is %s", option->name, given,
		 kind_text(option->kind));
	return ERR_CONFIGURATION;
}

static int no_memory(char error[OPTION_ERROR_SIZE])
{
	snprintf(error, OPTION_ERROR_SIZE, "%s", error_text(ERR_NO_MEMORY));
	return ERR_NO_MEMORY;
}

int option_set_number(const struct option *option, struct configuration *configuration, int64_t number,
		      char error[OPTION_ERROR_SIZE])
{
	if (option->kind != OPTION_NUMBER)
		return wrong_kind(option, "a number", error);
	bool below = number < (int64_t)option->least;
	if (below || number > (int64_t)option->most) {
		snprintf(error, OPTION_ERROR_SIZE, "%s: %" PRId64 " is %s %" PRIu32 "%s%s", option->name, number,
			 below ? "below" : "above", below ? option->least : option->most, option->unit[0] ? " " : "",
			 option->unit);
		return ERR_CONFIGURATION;
	}
	*number_field(option, configuration) = (uint32_t)number;
	return 0;
}

/* A text, or an item of a list. An empty text means "not given" where there is something that then holds. */
static int check_text(const struct option *option, struct slice text, bool may_be_empty, char error[OPTION_ERROR_SIZE])
{
	const char *wrong = NULL;
	if (memchr(text.at ? text.at : "", '\0', text.length))
		wrong = "has a zero byte in it";
	else if (slice_is_empty(text))
		wrong = may_be_empty ? NULL : "may not be empty";
	else if (option->check)
		wrong = option->check(text);
	if (!wrong)
		return 0;
	snprintf(error, OPTION_ERROR_SIZE, "%s: \"%.*s\" %s", option->name,
		 (int)(text.length < 200 ? text.length : 200), text.at ? text.at : "", wrong);
	return ERR_CONFIGURATION;
}

int option_set_text(const struct option *option, struct configuration *configuration, struct slice text,
		    char error[OPTION_ERROR_SIZE])
{
	if (option->kind != OPTION_TEXT)
		return wrong_kind(option, "a text", error);
	int result = check_text(option, text, option->otherwise && option->otherwise[0], error);
	if (result < 0)
		return result;
	char *copy = copy_text(text);
	if (!copy)
		return no_memory(error);
	char **field = text_field(option, configuration);
	free(*field);
	*field = copy;
	return 0;
}

int option_set_list(const struct option *option, struct configuration *configuration, const struct slice *items,
		    size_t count, char error[OPTION_ERROR_SIZE])
{
	if (option->kind != OPTION_LIST)
		return wrong_kind(option, "a list", error);
	if (count == 0 && !(option->otherwise && option->otherwise[0])) {
		snprintf(error, OPTION_ERROR_SIZE, "%s: the list may not be empty", option->name);
		return ERR_CONFIGURATION;
	}
	for (size_t i = 0; i < count; i++) {
		int result = check_text(option, items[i], false, error);
		if (result < 0)
			return result;
	}
	struct text_list list = {.items = calloc(count + 1, sizeof(char *))};
	if (!list.items)
		return no_memory(error);
	for (; list.count < count; list.count++) {
		list.items[list.count] = copy_text(items[list.count]);
		if (!list.items[list.count]) {
			list_clear(&list);
			return no_memory(error);
		}
	}
	struct text_list *field = list_field(option, configuration);
	list_clear(field);
	*field = list;
	return 0;
}

static int set_list_word(const struct option *option, struct configuration *configuration, struct slice word,
			 char error[OPTION_ERROR_SIZE])
{
	struct slice items[OPTION_LIST_MOST];
	size_t count = 0;
	struct slice rest = slice_trim(word);
	while (!slice_is_empty(rest)) {
		if (count == OPTION_LIST_MOST) {
			snprintf(error, OPTION_ERROR_SIZE, "%s: more than %d items", option->name, OPTION_LIST_MOST);
			return ERR_CONFIGURATION;
		}
		items[count++] = slice_trim(slice_take(&rest, ','));
	}
	return option_set_list(option, configuration, items, count, error);
}

static int set_number_word(const struct option *option, struct configuration *configuration, struct slice word,
			   char error[OPTION_ERROR_SIZE])
{
	uint64_t number;
	bool negative = slice_starts_with(word, SLICE("-"));
	if (!slice_to_number(negative ? slice_from(word, 1) : word, INT64_MAX, &number)) {
		snprintf(error, OPTION_ERROR_SIZE, "%s: \"%.*s\" is not a number", option->name,
			 (int)(word.length < 100 ? word.length : 100), word.at);
		return ERR_CONFIGURATION;
	}
	return option_set_number(option, configuration, negative ? -(int64_t)number : (int64_t)number, error);
}

int option_set_word(const struct option *option, struct configuration *configuration, struct slice word,
		    char error[OPTION_ERROR_SIZE])
{
	switch (option->kind) {
	case OPTION_NUMBER:
		return set_number_word(option, configuration, word, error);
	case OPTION_LIST:
		return set_list_word(option, configuration, word, error);
	case OPTION_TEXT:
		break;
	}
	return option_set_text(option, configuration, word, error);
}

int option_reset(const struct option *option, struct configuration *configuration)
{
	char error[OPTION_ERROR_SIZE];
	if (!option->initial) {
		*number_field(option, configuration) = CONFIGURATION_UNSET;
		return 0;
	}
	return option_set_word(option, configuration, slice_text(option->initial), error);
}

void option_clear(const struct option *option, struct configuration *configuration)
{
	if (option->kind == OPTION_LIST) {
		list_clear(list_field(option, configuration));
	} else if (option->kind == OPTION_TEXT) {
		free(*text_field(option, configuration));
		*text_field(option, configuration) = NULL;
	}
}

bool option_is_same(const struct option *option, const struct configuration *a, const struct configuration *b)
{
	const char *of_a = (const char *)a + option->offset, *of_b = (const char *)b + option->offset;
	if (option->kind == OPTION_NUMBER)
		return memcmp(of_a, of_b, sizeof(uint32_t)) == 0;
	if (option->kind == OPTION_TEXT)
		return strcmp(*(char *const *)(const void *)of_a, *(char *const *)(const void *)of_b) == 0;
	const struct text_list *list_a = (const void *)of_a, *list_b = (const void *)of_b;
	if (list_a->count != list_b->count)
		return false;
	for (size_t i = 0; i < list_a->count; i++) {
		if (strcmp(list_a->items[i], list_b->items[i]) != 0)
			return false;
	}
	return true;
}

void option_swap(const struct option *option, struct configuration *a, struct configuration *b)
{
	static const size_t sizes[] = {[OPTION_NUMBER] = sizeof(uint32_t),
				       [OPTION_TEXT] = sizeof(char *),
				       [OPTION_LIST] = sizeof(struct text_list)};
	char held[sizeof(struct text_list)];
	char *of_a = (char *)a + option->offset, *of_b = (char *)b + option->offset;
	memcpy(held, of_a, sizes[option->kind]);
	memcpy(of_a, of_b, sizes[option->kind]);
	memcpy(of_b, held, sizes[option->kind]);
}
