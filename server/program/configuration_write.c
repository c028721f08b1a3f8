/* The sample file and docs/configuration.md, printed from the option table. SPDX-License-Identifier: MIT */
#include "program/configuration.h"
#include "program/configuration_lists.h"
#include "program/configuration_profiles.h"
#include "program/options.h"

/* Where a comment of the sample is broken. */
#define SAMPLE_COLUMNS 100

/* One comment, broken between words. */
static void write_comment(struct buffer *buffer, const char *indent, struct slice text)
{
	size_t column = SAMPLE_COLUMNS + 1;
	while (!slice_is_empty(text)) {
		struct slice word = slice_take(&text, ' ');
		if (column + 1 + word.length > SAMPLE_COLUMNS) {
			if (column <= SAMPLE_COLUMNS)
				buffer_text(buffer, "\n");
			buffer_text(buffer, indent);
			buffer_text(buffer, "#");
			column = strlen(indent) + 1;
		}
		buffer_text(buffer, " ");
		buffer_append(buffer, word);
		column += 1 + word.length;
	}
	buffer_text(buffer, "\n");
}

/* The sentence, and behind it what a reader must know to choose a value. */
static void write_explanation(struct buffer *buffer, const char *indent, const struct option *option)
{
	struct buffer text;
	buffer_init(&text, 4096);
	buffer_text(&text, option->sentence);
	if (option->kind == OPTION_NUMBER)
		buffer_format(&text, " %u to %u%s%s.", option->least, option->most, option->unit[0] ? " " : "",
			      option->unit);
	if (option->otherwise && option->otherwise[0])
		buffer_format(&text, " Otherwise: %s.", option->otherwise);
	if (option->reloads)
		buffer_text(&text, " SIGHUP applies it.");
	if (buffer_failed(&text))
		buffer->failed = true;
	else
		write_comment(buffer, indent, buffer_slice(&text));
	buffer_finish(&text);
}

/* A value as the file would have it. */
static void write_value(struct buffer *buffer, const struct option *option)
{
	struct slice rest = slice_text(option->initial);
	switch (option->kind) {
	case OPTION_NUMBER:
		buffer_append(buffer, rest);
		break;
	case OPTION_TEXT:
		buffer_format(buffer, "\"%.*s\"", SLICE_ARGS(rest));
		break;
	case OPTION_LIST:
		buffer_text(buffer, "[");
		for (bool first = true; !slice_is_empty(rest); first = false) {
			struct slice item = slice_take(&rest, ',');
			buffer_format(buffer, "%s\"%.*s\"", first ? "" : ", ", SLICE_ARGS(item));
		}
		buffer_text(buffer, "]");
		break;
	}
}

static void write_sample_option(struct buffer *buffer, const char *indent, const struct option *option)
{
	struct slice last = slice_text(option->name);
	while (slice_find(last, '.') < last.length)
		slice_take(&last, '.');
	buffer_text(buffer, "\n");
	write_explanation(buffer, indent, option);
	buffer_format(buffer, "%s# %.*s = ", indent, SLICE_ARGS(last));
	if (option->initial)
		write_value(buffer, option);
	else
		buffer_text(buffer, option->example);
	buffer_text(buffer, ";\n");
}

void configuration_write_sample(struct buffer *buffer)
{
	buffer_text(buffer, "# Heliograph's configuration, printed by `heliograph check --print-sample`.\n"
			    "# Every option is here with its default; take away the # in front of what you change.\n"
			    "# `heliograph check --config FILE` tells what is wrong, with file and line.\n");
	const struct option_group *group;
	for (size_t i = 0; (group = option_group_at(i)) != NULL; i++) {
		bool nested = group->prefix[0] != '\0';
		buffer_format(buffer, "\n# --- %s ---\n", group->heading);
		if (nested)
			buffer_format(buffer, "\n%s: {\n", group->prefix);
		const struct option *option;
		for (size_t j = 0; (option = option_at(j)) != NULL; j++) {
			if (option_is_in_group(option, group))
				write_sample_option(buffer, nested ? "\t" : "", option);
		}
		if (nested)
			buffer_text(buffer, "};\n");
	}
	configuration_lists_write_sample(buffer);
	configuration_profiles_write_sample(buffer);
}

static void write_row(struct buffer *buffer, const struct option *option)
{
	buffer_format(buffer, "| `%s` | ", option->name);
	if (option->initial && option->initial[0]) {
		buffer_text(buffer, "`");
		write_value(buffer, option);
		buffer_text(buffer, "`");
	} else {
		buffer_text(buffer, option->otherwise ? option->otherwise : "");
	}
	if (option->unit[0])
		buffer_format(buffer, " %s", option->unit);
	buffer_text(buffer, " | ");
	if (option->kind == OPTION_NUMBER)
		buffer_format(buffer, "%u to %u", option->least, option->most);
	else
		buffer_text(buffer, option->kind == OPTION_TEXT ? "text" : "list");
	buffer_format(buffer, " | %s%s |\n", option->sentence, option->reloads ? " *SIGHUP applies it.*" : "");
}

void configuration_write_markdown(struct buffer *buffer)
{
	buffer_text(
		buffer,
		"# Configuration\n\n"
		"<!-- Printed by `heliograph check --print-markdown` from server/program/options.def; change it there. "
		"-->\n\n"
		"`heliograph run --config FILE` reads one file; nothing in it is required. A dot in a name is a group "
		"in the file:\n\n"
		"```\n"
		"domain = \"example.test\";\n"
		"sip: {\n\tport = 5060;\n};\n"
		"bind = [\"192.0.2.1\", \"2001:db8::1\"];\n"
		"```\n\n"
		"`--set name=value` on the command line overrides the file (`--set sip.port=5070`, "
		"`--set bind=127.0.0.1,::1`). Unknown names, wrong types and values out of bounds are errors that name "
		"file and line; `heliograph check --config FILE` looks for them without starting. The same options as "
		"a "
		"commented file are in [heliograph.conf.sample](heliograph.conf.sample).\n");
	const struct option_group *group;
	for (size_t i = 0; (group = option_group_at(i)) != NULL; i++) {
		buffer_format(buffer, "\n## %s\n\n| Option | Default | Values | Meaning |\n| --- | --- | --- | --- |\n",
			      group->heading);
		const struct option *option;
		for (size_t j = 0; (option = option_at(j)) != NULL; j++) {
			if (option_is_in_group(option, group))
				write_row(buffer, option);
		}
	}
	configuration_lists_write_markdown(buffer);
	configuration_profiles_write_markdown(buffer);
}
