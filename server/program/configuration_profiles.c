/* Reading phone profiles from the configuration file, and explaining them. SPDX-License-Identifier: MIT */
#include "program/configuration_profiles.h"

#include "base/error.h"
#include "bodies/body.h"
#include "program/configuration_section.h"

#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a profile can say has two values each: `plain` is what the RFCs want. */
struct trait {
	const char *name, *plain, *special;
	unsigned style;  /* enum body_style that `special` sets; 0: a field of its own */
	size_t offset;   /* of a bool in struct profile, where there is no style */
	bool special_is; /* its value then */
	const char *sentence;
};

static const struct trait traits[] = {
	{.name = "dialogs",
	 .plain = "all",
	 .special = "single",
	 .style = BODY_SINGLE_DIALOG,
	 .sentence = "Busy lamps: all calls of the watched user, or only the one that matters most."},
	{.name = "idle_dialog",
	 .plain = "no",
	 .special = "yes",
	 .style = BODY_DUMMY_DIALOG,
	 .sentence = "Busy lamps: a terminated call is named where there is none."},
	{.name = "remote_party",
	 .plain = "yes",
	 .special = "no",
	 .style = BODY_NO_REMOTE_PARTY,
	 .sentence = "Busy lamps: whether the other side of a call is named."},
	{.name = "entity",
	 .plain = "sip",
	 .special = "pres",
	 .style = BODY_PRES_ENTITY,
	 .sentence = "Presence: the watched user is called sip:… or pres:…."},
	{.name = "urgent_counts",
	 .plain = "yes",
	 .special = "no",
	 .style = BODY_PLAIN_COUNTS,
	 .sentence = "Voicemail lamps: whether counts say in brackets how many messages are urgent."},
	{.name = "classes",
	 .plain = "all",
	 .special = "voice",
	 .style = BODY_ONLY_VOICE,
	 .sentence = "Voicemail lamps: counts for each class of messages, or their sum as voice."},
	{.name = "last_line_end",
	 .plain = "yes",
	 .special = "no",
	 .style = BODY_NO_LAST_LINE_END,
	 .sentence = "Voicemail lamps: whether the last line ends with CRLF."},
	{.name = "unsolicited_mwi",
	 .plain = "yes",
	 .special = "no",
	 .offset = offsetof(struct profile, unsolicited_mwi),
	 .special_is = false,
	 .sentence = "Voicemail lamps: whether the phone is told unasked where it does not subscribe."},
	{.name = "message_account",
	 .plain = "number",
	 .special = "mailbox",
	 .offset = offsetof(struct profile, mwi_to_mailbox),
	 .special_is = true,
	 .sentence = "Voicemail lamps: the key calls mailbox.number, or the address of the mailbox."},
	{.name = "lists",
	 .plain = "rfc",
	 .special = "linphone",
	 .offset = offsetof(struct profile, linphone_lists),
	 .special_is = true,
	 .sentence = "Lists: the event and the parts of a NOTIFY are named as RFC 4662 has it, or as Linphone looks "
		     "for them."},
};

/* What a profile can say in numbers; 0 is no limit of its own, which is what the RFCs want. */
struct figure {
	const char *name;
	size_t offset; /* of an unsigned in struct profile */
	unsigned least, most;
	const char *unit, *sentence;
};

static const struct figure figures[] = {
	{"list_entries", offsetof(struct profile, list_entries), 1, 5000, "",
	 "Lists: the most entries that one NOTIFY tells of; more take several."},
	{"list_bytes", offsetof(struct profile, list_bytes), 1000, 1000000, " bytes",
	 "Lists: the longest body of a NOTIFY, where the phone can bear less than others of this server."},
};

static unsigned *figure_of(struct profile *profile, const struct figure *figure)
{
	return (unsigned *)(void *)((char *)profile + figure->offset);
}

static unsigned read_figure_of(const struct profile *profile, const struct figure *figure)
{
	return *(const unsigned *)(const void *)((const char *)profile + figure->offset);
}

static void set_trait(struct profile *profile, const struct trait *trait, bool is_special)
{
	if (!trait->style)
		*(bool *)(void *)((char *)profile + trait->offset) = is_special == trait->special_is;
	else if (is_special)
		profile->style |= trait->style;
	else
		profile->style &= ~trait->style;
}

static bool has_trait(const struct profile *profile, const struct trait *trait)
{
	if (trait->style)
		return profile->style & trait->style;
	return *(const bool *)(const void *)((const char *)profile + trait->offset) == trait->special_is;
}

/* --- reading ------------------------------------------------------------------------------------------------- */

/* NULL where it is neither a text nor true or false. */
static const char *read_word(const config_setting_t *setting)
{
	if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
		return config_setting_get_bool(setting) ? "yes" : "no";
	return config_setting_get_string(setting);
}

static int read_trait(const struct section_reader *reader, const config_setting_t *setting, const struct trait *trait,
		      struct profile *profile)
{
	const char *word = read_word(setting);
	bool is_special = word && strcmp(word, trait->special) == 0;
	if (!is_special && !(word && strcmp(word, trait->plain) == 0)) {
		char sentence[200];
		snprintf(sentence, sizeof(sentence), "%s%.60s%s is neither %s nor %s", word ? "\"" : "this",
			 word ? word : "", word ? "\"" : "", trait->plain, trait->special);
		return section_fail(reader, setting, sentence);
	}
	set_trait(profile, trait, is_special);
	return 0;
}

static int read_figure(const struct section_reader *reader, const config_setting_t *setting,
		       const struct figure *figure, struct profile *profile)
{
	int type = config_setting_type(setting);
	long long number = config_setting_get_int64(setting);
	bool is_number = type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
	if (!is_number || (number != 0 && (number < figure->least || number > figure->most))) {
		char sentence[100];
		snprintf(sentence, sizeof(sentence), "wanted is a number from %u to %u%s, or 0", figure->least,
			 figure->most, figure->unit);
		return section_fail(reader, setting, sentence);
	}
	*figure_of(profile, figure) = (unsigned)number;
	return 0;
}

/* What the others of the row change: a shipped row's traits, or those of the RFCs. */
static int read_like(const struct section_reader *reader, const config_setting_t *setting, struct profile *profile)
{
	const char *name;
	int result = section_read_name(reader, setting, &name);
	if (result < 0)
		return result;
	const struct profile *like = profile_shipped_find(slice_text(name));
	if (!like)
		return section_fail(reader, setting, "no profile of that name is shipped");
	*profile = *like;
	profile->name = profile->pattern = "";
	return 0;
}

static int read_key(const struct section_reader *reader, const config_setting_t *setting, struct profile *profile)
{
	const char *key = config_setting_name(setting);
	if (strcmp(key, "name") == 0)
		return section_read_name(reader, setting, &profile->name);
	if (strcmp(key, "user_agent") == 0)
		return section_read_name(reader, setting, &profile->pattern);
	if (strcmp(key, "like") == 0)
		return 0; /* has been read */
	for (size_t i = 0; i < ARRAY_SIZE(traits); i++) {
		if (strcmp(key, traits[i].name) == 0)
			return read_trait(reader, setting, &traits[i], profile);
	}
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		if (strcmp(key, figures[i].name) == 0)
			return read_figure(reader, setting, &figures[i], profile);
	}
	return section_fail(reader, setting, "there is no such thing in a profile");
}

/* The texts still belong to libconfig. */
static int read_profile(const struct section_reader *reader, config_setting_t *setting, struct profile *profile)
{
	*profile = (struct profile){.name = "", .pattern = "", .unsolicited_mwi = true};
	if (!config_setting_is_group(setting))
		return section_fail_whole(reader, setting, "wanted are groups: { name = \"…\"; user_agent = \"…\"; }");
	const config_setting_t *like = config_setting_get_member(setting, "like");
	int result = like ? read_like(reader, like, profile) : 0;
	int count = config_setting_length(setting);
	for (int i = 0; result == 0 && i < count; i++)
		result = read_key(reader, config_setting_get_elem(setting, (unsigned)i), profile);
	if (result == 0 && !profile->pattern[0])
		result = section_fail_whole(reader, setting, "user_agent is missing");
	if (result == 0 && !profile->name[0])
		profile->name = profile->pattern;
	return result;
}

static void clear(struct profile_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free((char *)(uintptr_t)list->items[i].name);
		free((char *)(uintptr_t)list->items[i].pattern);
	}
	free(list->items);
	*list = (struct profile_list){0};
}

/* Takes copies of the texts. */
static int keep(struct profile_list *list, const struct profile *profile)
{
	struct profile *item = &list->items[list->count++];
	*item = *profile;
	item->name = strdup(profile->name);
	item->pattern = strdup(profile->pattern);
	return item->name && item->pattern ? 0 : ERR_NO_MEMORY;
}

static int read_all(const struct section_reader *reader, config_setting_t *setting, struct profile_list *list)
{
	unsigned count = (unsigned)config_setting_length(setting);
	for (unsigned i = 0; i < count; i++) {
		struct profile profile;
		int result = read_profile(reader, config_setting_get_elem(setting, i), &profile);
		if (result < 0)
			return result;
		if (keep(list, &profile) < 0)
			return section_fail_memory(reader, setting);
	}
	return 0;
}

int configuration_profiles_read(struct configuration *configuration, config_setting_t *setting, const char *file,
				char error[CONFIGURATION_ERROR_SIZE])
{
	const struct section_reader reader = {CONFIGURATION_PROFILES, file, error};
	if (!config_setting_is_list(setting))
		return section_fail_whole(&reader, setting, "wanted is a list of groups: ( { … }, { … } )");
	size_t count = (size_t)config_setting_length(setting);
	if (count > PROFILES_OWN_MOST)
		return section_fail_whole(&reader, setting, "there are too many");
	struct profile_list list = {.items = calloc(count + 1, sizeof(*list.items))};
	int result = list.items ? read_all(&reader, setting, &list) : section_fail_memory(&reader, setting);
	if (result < 0) {
		clear(&list);
		return result;
	}
	clear(&configuration->profiles);
	configuration->profiles = list;
	return 0;
}

void configuration_profiles_clear(struct configuration *configuration)
{
	clear(&configuration->profiles);
}

static bool are_same(const struct profile *one, const struct profile *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		if (read_figure_of(one, &figures[i]) != read_figure_of(other, &figures[i]))
			return false;
	}
	return strcmp(one->name, other->name) == 0 && strcmp(one->pattern, other->pattern) == 0 &&
	       one->style == other->style && one->unsolicited_mwi == other->unsolicited_mwi &&
	       one->mwi_to_mailbox == other->mwi_to_mailbox && one->linphone_lists == other->linphone_lists;
}

bool configuration_profiles_are_same(const struct configuration *a, const struct configuration *b)
{
	if (a->profiles.count != b->profiles.count)
		return false;
	for (size_t i = 0; i < a->profiles.count; i++) {
		if (!are_same(&a->profiles.items[i], &b->profiles.items[i]))
			return false;
	}
	return true;
}

/* --- explaining ---------------------------------------------------------------------------------------------- */

void configuration_profiles_write_sample(struct buffer *buffer)
{
	buffer_text(
		buffer,
		"\n# --- Phones that need something else ---\n\n"
		"# Profiles of phones, by User-Agent (* is any text, ? one character), before those that the program\n"
		"# knows. What a profile does not name is as the RFCs want it, or as in the profile that `like` "
		"names.\n"
		"#\n"
		"# profiles: (\n"
		"#\t{\n"
		"#\t\tname = \"Doors\";\n"
		"#\t\tuser_agent = \"Acme Door*\";\n"
		"#\t\tlike = \"Yealink\";\n");
	for (size_t i = 0; i < ARRAY_SIZE(traits); i++)
		buffer_format(buffer, "#\t\t%s = \"%s\"; # or \"%s\". %s\n", traits[i].name, traits[i].plain,
			      traits[i].special, traits[i].sentence);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		buffer_format(buffer, "#\t\t%s = 0; # or %u to %u%s. %s\n", figures[i].name, figures[i].least,
			      figures[i].most, figures[i].unit, figures[i].sentence);
	buffer_text(buffer, "#\t}\n# );\n");
}

static void write_shipped(struct buffer *buffer, const struct profile *profile)
{
	buffer_format(buffer, "| %s | `%s` |", profile->name, profile->pattern);
	bool any = false;
	for (size_t i = 0; i < ARRAY_SIZE(traits); i++) {
		if (!has_trait(profile, &traits[i]))
			continue;
		buffer_format(buffer, "%s `%s = \"%s\"`", any ? "," : "", traits[i].name, traits[i].special);
		any = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++) {
		unsigned number = read_figure_of(profile, &figures[i]);
		if (number == 0)
			continue;
		buffer_format(buffer, "%s `%s = %u`", any ? "," : "", figures[i].name, number);
		any = true;
	}
	buffer_format(buffer, "%s | %s |\n", any ? "" : " –", profile->reason);
}

void configuration_profiles_write_markdown(struct buffer *buffer)
{
	buffer_text(
		buffer,
		"\n## Phones that need something else\n\n"
		"A profile says what a family of phones needs and others could not bear; it is found by the User-Agent "
		"(`*` is any text, `?` one character, letters without case). The first that fits counts: those of the "
		"file, in their order, then those below.\n\n"
		"```\nprofiles: (\n\t{ name = \"Doors\"; user_agent = \"Acme Door*\"; like = \"Yealink\"; dialogs = "
		"\"single\"; }\n);\n```\n\n"
		"`like` takes over what a profile below has; what is not named otherwise is as the RFCs want it. The "
		"list holds from the next start on.\n\n"
		"| Key | Values; the first is the RFCs' | Meaning |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < ARRAY_SIZE(traits); i++)
		buffer_format(buffer, "| `%s` | `\"%s\"`, `\"%s\"` | %s |\n", traits[i].name, traits[i].plain,
			      traits[i].special, traits[i].sentence);
	for (size_t i = 0; i < ARRAY_SIZE(figures); i++)
		buffer_format(buffer, "| `%s` | `0` (no limit of its own), `%u` to `%u`%s | %s |\n", figures[i].name,
			      figures[i].least, figures[i].most, figures[i].unit, figures[i].sentence);
	buffer_text(buffer, "\n| Profile | User-Agent | What is special | Why |\n| --- | --- | --- | --- |\n");
	const struct profile *profile;
	for (size_t i = 0; (profile = profile_shipped_at(i)) != NULL; i++)
		write_shipped(buffer, profile);
}
