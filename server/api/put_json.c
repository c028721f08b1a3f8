/* JSON of request bodies, loaded. SPDX-License-Identifier: MIT */
#include "api/put_json.h"

#include "base/error.h"

#define DEPTH_MOST 4
#define SHOWN_MOST 32

int put_json_shown(const char *name)
{
	size_t length = strlen(name);
	return (int)(length < SHOWN_MOST ? length : SHOWN_MOST);
}

/* Brackets that are open at once, outside of strings. */
static unsigned depth_of(struct slice body)
{
	unsigned depth = 0, deepest = 0;
	bool is_inside = false;
	for (size_t i = 0; i < body.length; i++) {
		char byte = body.at[i];
		if (is_inside) {
			i += byte == '\\';
			is_inside = byte != '"';
		} else if (byte == '"') {
			is_inside = true;
		} else if (byte == '{' || byte == '[') {
			depth++;
			deepest = depth > deepest ? depth : deepest;
		} else if ((byte == '}' || byte == ']') && depth > 0) {
			depth--;
		}
	}
	return deepest;
}

static int complain_of_json(const json_error_t *fault, struct body_error *error)
{
	switch (json_error_code(fault)) {
	case json_error_out_of_memory:
		body_complain(error, "There is no memory for the body");
		return ERR_NO_MEMORY;
	case json_error_duplicate_key:
		body_complain(error, "The body has a field twice: line %d, column %d", fault->line, fault->column);
		return ERR_SYNTAX;
	case json_error_numeric_overflow:
		body_complain(error, "The body has a number that is too large: line %d, column %d", fault->line,
			      fault->column);
		return ERR_SYNTAX;
	case json_error_end_of_input_expected:
		body_complain(error, "The body goes on behind the end of its JSON: line %d, column %d", fault->line,
			      fault->column);
		return ERR_SYNTAX;
	default:
		body_complain(error, "The body is not well-formed JSON: line %d, column %d", fault->line,
			      fault->column);
		return ERR_SYNTAX;
	}
}

int put_json_load(struct slice body, json_t **object, struct body_error *error)
{
	json_error_t fault;
	if (depth_of(body) > DEPTH_MOST) {
		body_complain(error, "The body is nested too deeply");
		return ERR_SYNTAX;
	}
	json_t *root = json_loadb(body.at ? body.at : "", body.length, JSON_REJECT_DUPLICATES, &fault);
	if (!root)
		return complain_of_json(&fault, error);
	if (!json_is_object(root)) {
		json_decref(root);
		body_complain(error, "The body is no JSON object");
		return ERR_SYNTAX;
	}
	*object = root;
	return 0;
}

int put_json_text(struct arena *arena, const char *name, const json_t *value, bool may_be_null, struct slice *text,
		  struct body_error *error)
{
	*text = SLICE("");
	if (may_be_null && json_is_null(value))
		return 0;
	if (!json_is_string(value)) {
		body_complain(error, "%.*s is no text%s", put_json_shown(name), name,
			      may_be_null ? " and not null" : "");
		return ERR_SYNTAX;
	}
	int result = arena_copy(arena, slice_of(json_string_value(value), json_string_length(value)), text);
	if (result != 0)
		body_complain(error, "There is no memory for the body");
	return result;
}
