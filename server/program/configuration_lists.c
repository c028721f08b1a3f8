/* Reading lists for the keys of phones from the configuration file, and explaining them. SPDX-License-Identifier: MIT
 */
#include "program/configuration_lists.h"

#include "base/error.h"
#include "program/configuration_section.h"
#include "program/credentials.h"
#include "sip/uri.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTS_MOST = 1000, ENTRIES_MOST = 1000 };

static char *copy_text(const char *text)
{
	return strdup(text ? text : "");
}

static void clear(struct phone_lists *lists)
{
	for (size_t i = 0; i < lists->count; i++) {
		free(lists->items[i].list);
		free(lists->items[i].uri);
		free(lists->items[i].name);
	}
	free(lists->items);
	*lists = (struct phone_lists){0};
}

/* Takes copies of the texts; there is room. */
static int keep(struct phone_lists *lists, const char *list, const char *uri, const char *name)
{
	struct phone_list_entry *item = &lists->items[lists->count++];
	*item = (struct phone_list_entry){copy_text(list), copy_text(uri), copy_text(name)};
	return item->list && item->uri && item->name ? 0 : ERR_NO_MEMORY;
}

/* Whom a key may watch: an account ("bob"), or a URI with a user. */
static bool is_watchable(const char *uri)
{
	struct sip_uri parsed;
	if (!strchr(uri, ':'))
		return !credential_check_user(slice_text(uri));
	return sip_uri_parse(slice_text(uri), &parsed) == 0 && parsed.scheme != URI_OTHER &&
	       !slice_is_empty(parsed.user);
}

/* "bob", or { uri = "sip:bob@example.test"; name = "Bob"; } */
static int read_entry(const struct section_reader *reader, const config_setting_t *setting, const char **uri,
		      const char **name)
{
	*name = NULL;
	*uri = config_setting_get_string(setting);
	if (!*uri && !config_setting_is_group(setting))
		return section_fail_whole(reader, setting,
					  "wanted is a text in quotes, or { uri = \"…\"; name = \"…\"; }");
	int count = *uri ? 0 : config_setting_length(setting);
	for (int i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		const char *key = config_setting_name(member);
		const char **place = strcmp(key, "uri") == 0 ? uri : strcmp(key, "name") == 0 ? name : NULL;
		if (!place)
			return section_fail(reader, member, "there is no such thing in an entry");
		int result = section_read_name(reader, member, place);
		if (result < 0)
			return result;
	}
	if (!*uri)
		return section_fail_whole(reader, setting, "uri is missing");
	if (is_watchable(*uri))
		return 0;
	char sentence[200];
	snprintf(sentence, sizeof(sentence), "\"%.100s\" is neither an account nor a SIP URI with a user", *uri);
	return section_fail_whole(reader, setting, sentence);
}

/* `first` is where the list begins in `lists`. */
static bool is_there(const struct phone_lists *lists, size_t first, const char *uri)
{
	for (size_t i = first; i < lists->count; i++) {
		if (strcmp(lists->items[i].uri, uri) == 0)
			return true;
	}
	return false;
}

static int read_entries(const struct section_reader *reader, const char *list, const config_setting_t *setting,
			struct phone_lists *lists)
{
	unsigned count = (unsigned)config_setting_length(setting);
	size_t first = lists->count;
	for (unsigned i = 0; i < count; i++) {
		const config_setting_t *entry = config_setting_get_elem(setting, i);
		const char *uri, *name;
		int result = read_entry(reader, entry, &uri, &name);
		if (result < 0)
			return result;
		if (is_there(lists, first, uri)) {
			char sentence[200];
			snprintf(sentence, sizeof(sentence), "\"%.100s\" is in this list already", uri);
			return section_fail_whole(reader, entry, sentence);
		}
		if (keep(lists, list, uri, name) < 0)
			return section_fail_memory(reader, entry);
	}
	/* A list without entries is a list: a phone that asks for it is answered. */
	return count > 0 || keep(lists, list, "", "") == 0 ? 0 : section_fail_memory(reader, setting);
}

static bool is_name_taken(const struct phone_lists *lists, const char *name)
{
	for (size_t i = 0; i < lists->count; i++) {
		if (strcmp(lists->items[i].list, name) == 0)
			return true;
	}
	return false;
}

/* Makes room for the entries of one list. */
static int make_room(struct phone_lists *lists, size_t more)
{
	struct phone_list_entry *items = realloc(lists->items, (lists->count + more) * sizeof(*items));
	if (!items)
		return ERR_NO_MEMORY;
	lists->items = items;
	return 0;
}

static int read_list(const struct section_reader *reader, const config_setting_t *setting, struct phone_lists *lists)
{
	const char *name = NULL;
	const config_setting_t *entries = NULL;
	if (!config_setting_is_group(setting))
		return section_fail_whole(reader, setting,
					  "wanted are groups: { name = \"…\"; entries = ( \"…\", \"…\" ); }");
	int count = config_setting_length(setting);
	for (int i = 0; i < count; i++) {
		const config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		int result = 0;
		if (strcmp(config_setting_name(member), "entries") == 0)
			entries = member;
		else if (strcmp(config_setting_name(member), "name") == 0)
			result = section_read_name(reader, member, &name);
		else
			result = section_fail(reader, member, "there is no such thing in a list");
		if (result < 0)
			return result;
	}
	if (!name || !entries)
		return section_fail_whole(reader, setting, name ? "entries is missing" : "name is missing");
	if (credential_check_user(slice_text(name)))
		return section_fail_whole(reader, setting, "its name is not the user part of an address");
	if (is_name_taken(lists, name))
		return section_fail_whole(reader, setting, "there is a list of that name already");
	if (!config_setting_is_list(entries) && !config_setting_is_array(entries))
		return section_fail(reader, entries, "wanted is a list: ( \"…\", { uri = \"…\"; name = \"…\"; } )");
	if (config_setting_length(entries) > ENTRIES_MOST)
		return section_fail(reader, entries, "there are too many");
	if (make_room(lists, (size_t)config_setting_length(entries) + 1) < 0)
		return section_fail_memory(reader, setting);
	return read_entries(reader, name, entries, lists);
}

int configuration_lists_read(struct configuration *configuration, config_setting_t *setting, const char *file,
			     char error[CONFIGURATION_ERROR_SIZE])
{
	const struct section_reader reader = {CONFIGURATION_LISTS, file, error};
	struct phone_lists lists = {0};
	int result = 0;
	if (!config_setting_is_list(setting))
		return section_fail_whole(&reader, setting, "wanted is a list of groups: ( { … }, { … } )");
	int count = config_setting_length(setting);
	if (count > LISTS_MOST)
		return section_fail_whole(&reader, setting, "there are too many");
	for (int i = 0; result == 0 && i < count; i++)
		result = read_list(&reader, config_setting_get_elem(setting, (unsigned)i), &lists);
	if (result == 0) {
		clear(&configuration->phone_lists);
		configuration->phone_lists = lists;
	} else {
		clear(&lists);
	}
	return result;
}

void configuration_lists_clear(struct configuration *configuration)
{
	clear(&configuration->phone_lists);
}

bool configuration_lists_are_same(const struct configuration *a, const struct configuration *b)
{
	if (a->phone_lists.count != b->phone_lists.count)
		return false;
	for (size_t i = 0; i < a->phone_lists.count; i++) {
		const struct phone_list_entry *one = &a->phone_lists.items[i], *other = &b->phone_lists.items[i];
		if (strcmp(one->list, other->list) != 0 || strcmp(one->uri, other->uri) != 0 ||
		    strcmp(one->name, other->name) != 0)
			return false;
	}
	return true;
}

void configuration_lists_swap(struct configuration *a, struct configuration *b)
{
	struct phone_lists lists = a->phone_lists;
	a->phone_lists = b->phone_lists;
	b->phone_lists = lists;
}

/* --- explaining ---------------------------------------------------------------------------------------------- */

void configuration_lists_write_sample(struct buffer *buffer)
{
	buffer_text(
		buffer,
		"\n# --- Lists for the keys of phones ---\n\n"
		"# A phone that subscribes to sip:sales-keys@DOMAIN watches all of these at once, as its keys do. An\n"
		"# entry is an account or a SIP URI, with a name for the key where it shall have another one.\n"
		"#\n"
		"# phone_lists: (\n"
		"#\t{\n"
		"#\t\tname = \"sales-keys\";\n"
		"#\t\tentries = ( \"bob\", { uri = \"carol\"; name = \"Carol, sales\"; } );\n"
		"#\t}\n# );\n");
}

void configuration_lists_write_markdown(struct buffer *buffer)
{
	buffer_text(
		buffer,
		"\n## Lists for the keys of phones\n\n"
		"A phone whose keys watch a list (\"BLF list URI\", \"Eventlist BLF URI\") subscribes to "
		"`sip:NAME@DOMAIN`, and is told of all its entries in one subscription (RFC 4662):\n\n"
		"```\nphone_lists: (\n\t{ name = \"sales-keys\"; entries = ( \"bob\", { uri = \"carol\"; name = "
		"\"Carol, sales\"; } ); }\n);\n```\n\n"
		"| Key | Meaning |\n| --- | --- |\n"
		"| `name` | The user part of the list's address; no account should have the same. |\n"
		"| `entries` | In the order of the keys; each is an account, a SIP URI, or a group. May be empty. |\n"
		"| `uri`, `name` | In a group: the account or SIP URI, and what the key shows. |\n\n");
	buffer_format(buffer,
		      "At most %d lists of %d entries. Lists can also come from the table or view `phone_lists` of the "
		      "database; of two with the same name, the one in the file counts. *SIGHUP applies it.*\n",
		      LISTS_MOST, ENTRIES_MOST);
}
