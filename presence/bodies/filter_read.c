/* Reading a document of filters (RFC 4661 §3, §7). SPDX-License-Identifier: MIT */
#include "bodies/filter_set.h"

#include "base/error.h"

#define FILTERS_MOST 32
#define BINDINGS_MOST 32

static const struct filter_budget whole_budget = {.paths = 32, .conditions = 64};

/* What the packages are called whose bodies are XML; each may have a ".winfo" behind it. */
static const struct slice known_packages[] = {
	{"presence", 8}, {"dialog", 6}, {"reg", 3}, {"conference", 10}, {"xcap-diff", 9},
};

struct reader {
	struct arena *arena;
	struct body_error *error;
	const struct filter_binding *bindings;
	struct filter_budget budget;
};

static bool is_element(const struct xml_node *node, const char *name)
{
	return xml_is(node, SLICE(FILTER_SPACE), slice_text(name));
}

/* What other namespaces add to a filter (RFC 4661 §3.8) is passed over: none is known here. What is of the filters' own
 * and yet unknown is not, as nobody knows what would be left out. */
static bool is_foreign(const struct xml_node *node)
{
	return slice_is_empty(node->name) || !slice_equal(node->space, SLICE(FILTER_SPACE));
}

static int complain_of_child(struct reader *reader, const char *parent)
{
	body_complain(reader->error, "The <%s> of a filter has an element in it that does not belong there", parent);
	return ERR_SYNTAX;
}

/* xs:boolean */
static int read_flag(struct reader *reader, const struct xml_node *node, const char *name, bool *flag)
{
	struct slice value = slice_trim(xml_attribute(node, slice_text(name)));
	if (slice_is_empty(value))
		return 0;
	*flag = slice_equal(value, SLICE("true")) || slice_equal(value, SLICE("1"));
	if (*flag || slice_equal(value, SLICE("false")) || slice_equal(value, SLICE("0")))
		return 0;
	body_complain(reader->error, "The attribute %s of a filter is neither true nor false", name);
	return ERR_SYNTAX;
}

/* --- expressions -------------------------------------------------------------------------------------------------- */

static bool find_attribute(const struct xml_node *node, struct slice name, struct slice *value)
{
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next) {
		if (slice_is_empty(attribute->space) && slice_equal(attribute->name, name)) {
			*value = slice_trim(attribute->value);
			return true;
		}
	}
	return false;
}

static int read_change(struct reader *reader, const struct xml_node *node, struct filter_item *item)
{
	struct slice by;
	item->has_from = find_attribute(node, SLICE("from"), &item->from);
	item->has_to = find_attribute(node, SLICE("to"), &item->to);
	item->has_by = find_attribute(node, SLICE("by"), &by);
	if (!item->has_by || (filter_number(by, &item->by) && item->by > 0))
		return 0;
	body_complain(reader->error, "The attribute by of a <changed> is no number above 0");
	return ERR_SYNTAX;
}

/* RFC 4661 §3.5: an expression, or the name of a namespace. */
static int read_selection(struct reader *reader, const struct xml_node *node, struct filter_item *item)
{
	struct slice text = xml_text(node), type = slice_trim(xml_attribute(node, SLICE("type")));
	bool may_be_space = item->kind == FILTER_INCLUDE || item->kind == FILTER_EXCLUDE;
	if (may_be_space && slice_equal(type, SLICE("namespace"))) {
		item->is_space = true;
		item->space = text;
	} else if (!slice_is_empty(type) && !slice_equal(type, SLICE("xpath"))) {
		body_complain(reader->error, "A filter has an expression of a type that is not supported");
		return ERR_UNSUPPORTED;
	}
	if (slice_is_empty(text)) {
		body_complain(reader->error, "A filter has an expression that is empty");
		return ERR_SYNTAX;
	}
	if (item->is_space)
		return 0;
	return filter_path_read(reader->arena, text, reader->bindings, &reader->budget, &item->path, reader->error);
}

static int read_item(struct reader *reader, const struct xml_node *node, enum filter_item_kind kind,
		     struct filter_item ***place)
{
	struct filter_item *item = arena_allocate_zeroed(reader->arena, 1, sizeof(*item));
	if (!item)
		return ERR_NO_MEMORY;
	item->kind = kind;
	int result = read_selection(reader, node, item);
	if (result == 0 && kind == FILTER_CHANGED)
		result = read_change(reader, node, item);
	**place = item;
	*place = &item->next;
	return result;
}

static int read_what(struct reader *reader, const struct xml_node *what, struct filter_item ***place)
{
	int result = 0;
	for (const struct xml_node *node = what->children; node && result == 0; node = node->next) {
		if (is_element(node, "include"))
			result = read_item(reader, node, FILTER_INCLUDE, place);
		else if (is_element(node, "exclude"))
			result = read_item(reader, node, FILTER_EXCLUDE, place);
		else if (!is_foreign(node))
			result = complain_of_child(reader, "what");
	}
	return result;
}

static int read_trigger(struct reader *reader, const struct xml_node *node, struct filter_trigger ***place)
{
	struct filter_trigger *trigger = arena_allocate_zeroed(reader->arena, 1, sizeof(*trigger));
	if (!trigger)
		return ERR_NO_MEMORY;
	struct filter_item **items = &trigger->items;
	int result = 0;
	for (const struct xml_node *child = node->children; child && result == 0; child = child->next) {
		if (is_element(child, "changed"))
			result = read_item(reader, child, FILTER_CHANGED, &items);
		else if (is_element(child, "added"))
			result = read_item(reader, child, FILTER_ADDED, &items);
		else if (is_element(child, "removed"))
			result = read_item(reader, child, FILTER_REMOVED, &items);
		else if (!is_foreign(child))
			result = complain_of_child(reader, "trigger");
	}
	**place = trigger;
	*place = &trigger->next;
	return result;
}

/* --- filters ------------------------------------------------------------------------------------------------------ */

static int read_parts(struct reader *reader, const struct xml_node *node, struct filter *filter)
{
	struct filter_item **items = &filter->what;
	struct filter_trigger **triggers = &filter->triggers;
	int result = 0;
	for (const struct xml_node *child = node->children; child && result == 0; child = child->next) {
		if (is_element(child, "what"))
			result = read_what(reader, child, &items);
		else if (is_element(child, "trigger"))
			result = read_trigger(reader, child, &triggers);
		else if (!is_foreign(child))
			result = complain_of_child(reader, "filter");
	}
	return result;
}

/* RFC 4661 §3.3 */
static int read_filter(struct reader *reader, const struct xml_node *node, struct filter ***place)
{
	bool is_removed = false, is_enabled = true;
	struct filter *filter = arena_allocate_zeroed(reader->arena, 1, sizeof(*filter));
	if (!filter)
		return ERR_NO_MEMORY;
	filter->uri = slice_trim(xml_attribute(node, SLICE("uri")));
	filter->domain = slice_trim(xml_attribute(node, SLICE("domain")));
	if (slice_is_empty(xml_attribute(node, SLICE("id"))) ||
	    (!slice_is_empty(filter->uri) && !slice_is_empty(filter->domain))) {
		body_complain(reader->error, "A filter needs an id, and has either a uri or a domain");
		return ERR_SYNTAX;
	}
	int result = read_flag(reader, node, "remove", &is_removed);
	if (result == 0)
		result = read_flag(reader, node, "enabled", &is_enabled);
	if (result == 0)
		result = read_parts(reader, node, filter);
	if (!is_enabled || is_removed)
		return result;
	**place = filter;
	*place = &filter->next;
	return result;
}

/* RFC 4661 §3.2 */
static int read_bindings(struct reader *reader, const struct xml_node *bindings)
{
	size_t count = 0;
	for (const struct xml_node *node = bindings->children; node; node = node->next) {
		if (!is_element(node, "ns-binding")) {
			if (!is_foreign(node))
				return complain_of_child(reader, "ns-bindings");
			continue;
		}
		struct filter_binding *binding = arena_allocate(reader->arena, sizeof(*binding));
		if (!binding)
			return ERR_NO_MEMORY;
		*binding = (struct filter_binding){.next = reader->bindings,
						   .prefix = slice_trim(xml_attribute(node, SLICE("prefix"))),
						   .space = slice_trim(xml_attribute(node, SLICE("urn")))};
		if (slice_is_empty(binding->prefix) || slice_is_empty(binding->space)) {
			body_complain(reader->error, "An <ns-binding> needs a prefix and a urn");
			return ERR_SYNTAX;
		}
		reader->bindings = binding;
		if (++count > BINDINGS_MOST) {
			body_complain(reader->error, "There are more than %d <ns-binding>s", BINDINGS_MOST);
			return ERR_LIMIT;
		}
	}
	return 0;
}

static bool is_known_package(struct slice package)
{
	struct slice winfo = SLICE(".winfo");
	if (slice_ends_with(package, winfo))
		package.length -= winfo.length;
	for (size_t i = 0; i < ARRAY_SIZE(known_packages); i++) {
		if (slice_equal_nocase(package, known_packages[i]))
			return true;
	}
	return slice_is_empty(package);
}

static int read_filters(struct reader *reader, const struct xml_node *root, struct filter_set *set)
{
	struct filter **place = &set->filters;
	size_t count = 0;
	int result = 0;
	for (const struct xml_node *node = root->children; node && result == 0; node = node->next) {
		if (is_element(node, "ns-bindings")) {
			result = read_bindings(reader, node);
		} else if (is_element(node, "filter") && count++ == FILTERS_MOST) {
			body_complain(reader->error, "There are more than %d filters", FILTERS_MOST);
			result = ERR_LIMIT;
		} else if (is_element(node, "filter")) {
			result = read_filter(reader, node, &place);
		} else if (!is_foreign(node)) {
			body_complain(reader->error,
				      "The <filter-set> has an element in it that does not belong there");
			result = ERR_SYNTAX;
		}
	}
	return result;
}

int filter_set_read(struct arena *arena, struct slice filters, const struct xml_limits *limits, struct filter_set *set,
		    struct body_error *error)
{
	struct reader reader = {.arena = arena, .error = error, .budget = whole_budget};
	const struct xml_node *root;
	int result = xml_parse(arena, filters, limits, &root, error);
	if (result != 0)
		return result;
	if (!is_element(root, "filter-set")) {
		body_complain(error, "The filters are no <filter-set> of " FILTER_SPACE);
		return ERR_SYNTAX;
	}
	struct filter_set read = {.package = slice_trim(xml_attribute(root, SLICE("package")))};
	if (!is_known_package(read.package)) {
		body_complain(error, "The filters are for an event package that cannot be filtered");
		return ERR_UNSUPPORTED;
	}
	result = read_filters(&reader, root, &read);
	if (result == 0)
		*set = read;
	return result;
}
