/* Reading the expressions of filters (RFC 4661 §5). SPDX-License-Identifier: MIT */
#include "bodies/filter_path.h"

#include "base/error.h"

#define PARENTHESES_MOST 8

struct reader {
	struct arena *arena;
	struct slice text;
	size_t at;
	const struct filter_binding *bindings;
	struct filter_budget *budget;
	struct body_error *error;
	int result; /* of the first thing that went wrong */
	unsigned depth;
};

/* --- letters ------------------------------------------------------------------------------------------------------ */

/* `what` is ours: nothing of the text gets into the sentence. */
static void complain(struct reader *reader, int result, const char *what)
{
	if (reader->result != 0)
		return;
	reader->result = result;
	body_complain(reader->error, "An expression of the filter cannot be used at character %zu: %s", reader->at + 1,
		      what);
}

static char peek(const struct reader *reader, size_t ahead)
{
	return reader->at + ahead < reader->text.length ? reader->text.at[reader->at + ahead] : '\0';
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->text.length && strchr(" \t\r\n", peek(reader, 0)))
		reader->at++;
}

static bool take(struct reader *reader, char letter)
{
	skip_blanks(reader);
	if (reader->at == reader->text.length || peek(reader, 0) != letter)
		return false;
	reader->at++;
	return true;
}

static bool is_name_start(char letter)
{
	return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
	       (unsigned char)letter >= 0x80;
}

static bool is_name_letter(char letter)
{
	return is_name_start(letter) || (letter >= '0' && letter <= '9') || letter == '-' || letter == '.';
}

static struct slice take_word(struct reader *reader)
{
	size_t begin = reader->at;
	if (!is_name_start(peek(reader, 0)))
		return slice_of(NULL, 0);
	while (is_name_letter(peek(reader, 0)))
		reader->at++;
	return slice_of(reader->text.at + begin, reader->at - begin);
}

/* "and", "or" where an operator belongs. */
static bool take_operator(struct reader *reader, struct slice name)
{
	skip_blanks(reader);
	size_t begin = reader->at;
	if (slice_equal(take_word(reader), name))
		return true;
	reader->at = begin;
	return false;
}

/* --- names and steps ---------------------------------------------------------------------------------------------- */

static void bind(struct reader *reader, struct slice prefix, struct filter_name *name)
{
	const struct filter_binding *binding = reader->bindings;
	while (binding && !slice_equal(binding->prefix, prefix))
		binding = binding->next;
	if (binding)
		name->space = binding->space;
	else
		complain(reader, ERR_SYNTAX, "the prefix has no <ns-binding>");
}

/* "name", "prefix:name", "prefix:*", "*". */
static void read_name(struct reader *reader, struct filter_name *name)
{
	*name = (struct filter_name){.is_bare = true};
	if (take(reader, '*')) {
		name->is_any_name = name->is_any_space = true;
		return;
	}
	name->name = take_word(reader);
	if (slice_is_empty(name->name)) {
		complain(reader, ERR_SYNTAX, "a name is missing");
	} else if (peek(reader, 0) == ':' && peek(reader, 1) == ':') {
		complain(reader, ERR_UNSUPPORTED, "axes other than / and // are not supported");
	} else if (peek(reader, 0) == ':') {
		reader->at++;
		name->is_bare = false;
		bind(reader, name->name, name);
		name->is_any_name = peek(reader, 0) == '*';
		reader->at += name->is_any_name;
		name->name = name->is_any_name ? name->name : take_word(reader);
		if (slice_is_empty(name->name))
			complain(reader, ERR_SYNTAX, "a name is missing behind the prefix");
	}
	if (peek(reader, 0) == '(')
		complain(reader, ERR_UNSUPPORTED, "functions are not supported");
}

static struct filter_step *add_step(struct reader *reader, struct filter_path *path)
{
	if (!path->steps)
		path->steps = arena_allocate_zeroed(reader->arena, FILTER_STEPS_MOST, sizeof(*path->steps));
	if (!path->steps)
		complain(reader, ERR_NO_MEMORY, "out of memory");
	else if (path->count == FILTER_STEPS_MOST)
		complain(reader, ERR_LIMIT, "it has too many steps");
	return reader->result == 0 ? &path->steps[path->count++] : NULL;
}

static void read_attribute(struct reader *reader, struct filter_path *path)
{
	path->has_attribute = true;
	read_name(reader, &path->attribute);
}

/* --- conditions --------------------------------------------------------------------------------------------------- */

static const struct filter_condition *read_either(struct reader *reader);

static struct filter_condition *make_condition(struct reader *reader, enum filter_condition_kind kind)
{
	struct filter_condition *condition = arena_allocate_zeroed(reader->arena, 1, sizeof(*condition));
	if (!condition) {
		complain(reader, ERR_NO_MEMORY, "out of memory");
		return NULL;
	}
	if (reader->budget->conditions == 0)
		complain(reader, ERR_LIMIT, "the filters have too many conditions");
	if (reader->result != 0)
		return NULL;
	reader->budget->conditions--;
	condition->kind = kind;
	return condition;
}

/* ".", "@name", "a/b", "a/@name". */
static void read_operand(struct reader *reader, struct filter_path *path)
{
	skip_blanks(reader);
	if (is_name_letter(peek(reader, 0)) && !is_name_start(peek(reader, 0)) && peek(reader, 0) != '.') {
		complain(reader, ERR_UNSUPPORTED, "positions are not supported");
		return;
	}
	if (take(reader, '.'))
		return;
	do {
		if (take(reader, '@')) {
			read_attribute(reader, path);
			return;
		}
		struct filter_step *step = add_step(reader, path);
		if (step)
			read_name(reader, &step->name);
	} while (reader->result == 0 && take(reader, '/'));
}

static enum filter_condition_kind read_comparison(struct reader *reader)
{
	if (take(reader, '='))
		return CONDITION_EQUAL;
	if (take(reader, '<'))
		return take(reader, '=') ? CONDITION_LESS_OR_EQUAL : CONDITION_LESS;
	if (take(reader, '>'))
		return take(reader, '=') ? CONDITION_GREATER_OR_EQUAL : CONDITION_GREATER;
	if (!take(reader, '!'))
		return CONDITION_EXISTS;
	if (!take(reader, '='))
		complain(reader, ERR_SYNTAX, "! stands alone");
	return CONDITION_NOT_EQUAL;
}

static void read_value(struct reader *reader, struct filter_condition *condition)
{
	char quote = take(reader, '"') ? '"' : take(reader, '\'') ? '\'' : '\0';
	size_t begin = reader->at;
	if (quote) {
		struct slice rest = slice_from(reader->text, begin);
		size_t length = slice_find(rest, quote);
		reader->at = length < rest.length ? begin + length + 1 : begin;
		if (length == rest.length)
			complain(reader, ERR_SYNTAX, "the closing quote is missing");
		condition->value = slice_of(rest.at, length);
		if (!filter_number(condition->value, &condition->number) && condition->kind >= CONDITION_LESS)
			complain(reader, ERR_SYNTAX, "only numbers have an order");
		return;
	}
	while (is_name_letter(peek(reader, 0)))
		reader->at++;
	condition->value = slice_of(reader->text.at + begin, reader->at - begin);
	condition->is_number = true;
	if (!filter_number(condition->value, &condition->number))
		complain(reader, ERR_SYNTAX, "it can be compared with a number or a quoted text only");
}

static const struct filter_condition *read_one(struct reader *reader)
{
	const struct filter_condition *inner;
	if (take(reader, '(')) {
		if (++reader->depth > PARENTHESES_MOST)
			complain(reader, ERR_LIMIT, "it has too many parentheses");
		inner = reader->result == 0 ? read_either(reader) : NULL;
		reader->depth--;
		if (!take(reader, ')'))
			complain(reader, ERR_SYNTAX, "a closing parenthesis is missing");
		return inner;
	}
	struct filter_condition *condition = make_condition(reader, CONDITION_EXISTS);
	if (!condition)
		return NULL;
	read_operand(reader, &condition->path);
	if (reader->result == 0)
		condition->kind = read_comparison(reader);
	if (reader->result == 0 && condition->kind != CONDITION_EXISTS)
		read_value(reader, condition);
	return condition;
}

static const struct filter_condition *join(struct reader *reader, enum filter_condition_kind kind,
					   const struct filter_condition *left, const struct filter_condition *right)
{
	struct filter_condition *both = make_condition(reader, kind);
	if (both) {
		both->left = left;
		both->right = right;
	}
	return both;
}

static const struct filter_condition *read_both(struct reader *reader)
{
	const struct filter_condition *all = read_one(reader);
	while (reader->result == 0 && take_operator(reader, SLICE("and")))
		all = join(reader, CONDITION_AND, all, read_one(reader));
	return all;
}

static const struct filter_condition *read_either(struct reader *reader)
{
	const struct filter_condition *any = read_both(reader);
	while (reader->result == 0 && take_operator(reader, SLICE("or")))
		any = join(reader, CONDITION_OR, any, read_both(reader));
	return any;
}

/* "[...]" once more is "and". */
static void read_conditions(struct reader *reader, struct filter_step *step)
{
	while (reader->result == 0 && take(reader, '[')) {
		const struct filter_condition *one = read_either(reader);
		if (!take(reader, ']'))
			complain(reader, ERR_SYNTAX, "a closing bracket is missing");
		step->condition = step->condition ? join(reader, CONDITION_AND, step->condition, one) : one;
	}
}

/* --- expressions -------------------------------------------------------------------------------------------------- */

static void read_steps(struct reader *reader, struct filter_path *path)
{
	bool is_absolute = take(reader, '/'); /* all are: the document is where they begin */
	bool is_below = is_absolute && take(reader, '/');
	do {
		if (take(reader, '@')) {
			path->is_attribute_below = is_below;
			if (path->count == 0 && !is_below)
				complain(reader, ERR_SYNTAX, "an attribute needs an element before it");
			read_attribute(reader, path);
			return;
		}
		struct filter_step *step = add_step(reader, path);
		if (!step)
			return;
		step->is_below = is_below;
		read_name(reader, &step->name);
		read_conditions(reader, step);
		if (!take(reader, '/'))
			return;
		is_below = take(reader, '/');
	} while (reader->result == 0);
}

int filter_path_read(struct arena *arena, struct slice text, const struct filter_binding *bindings,
		     struct filter_budget *budget, struct filter_path *path, struct body_error *error)
{
	struct reader reader = {
		.arena = arena, .text = slice_trim(text), .bindings = bindings, .budget = budget, .error = error};
	struct filter_path read = {.count = 0};
	if (budget->paths == 0)
		complain(&reader, ERR_LIMIT, "the filters have too many of them");
	else
		budget->paths--;
	if (reader.result == 0)
		read_steps(&reader, &read);
	skip_blanks(&reader);
	if (reader.at < reader.text.length)
		complain(&reader, ERR_SYNTAX, "nothing more was expected");
	if (reader.result == 0)
		*path = read;
	return reader.result;
}

static bool take_digits(struct slice *rest, double *number, double *scale)
{
	size_t length = 0;
	for (; length < rest->length && rest->at[length] >= '0' && rest->at[length] <= '9'; length++) {
		*number = *number * 10 + (rest->at[length] - '0');
		*scale *= 10;
	}
	*rest = slice_from(*rest, length);
	return length > 0;
}

bool filter_number(struct slice text, double *number)
{
	struct slice rest = slice_trim(text);
	double read = 0, scale = 1;
	bool is_negative = rest.length > 0 && rest.at[0] == '-';
	if (is_negative || (rest.length > 0 && rest.at[0] == '+'))
		rest = slice_from(rest, 1);
	bool has_digits = take_digits(&rest, &read, &scale);
	scale = 1;
	if (rest.length > 0 && rest.at[0] == '.') {
		rest = slice_from(rest, 1);
		has_digits = take_digits(&rest, &read, &scale) || has_digits;
	}
	if (!has_digits || rest.length > 0 || text.length > 64)
		return false;
	*number = (is_negative ? -read : read) / scale;
	return true;
}
