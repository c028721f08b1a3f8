/* Reading dialog state documents (RFC 4235 §4). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/dialog_info.h"
#include "bodies/dialog_info_names.h"

static const struct slice space = {DIALOG_INFO_SPACE, sizeof(DIALOG_INFO_SPACE) - 1};

/* Old publishers forget the namespace. */
static const struct xml_node *child_of(const struct xml_node *node, struct slice name)
{
	return xml_child(node, node->space, name);
}

static const struct xml_node *next_of(const struct xml_node *node)
{
	return xml_next(node, node->space, node->name);
}

static bool is_dialog_info(const struct xml_node *root)
{
	return xml_is(root, space, SLICE("dialog-info")) || xml_is(root, SLICE(""), SLICE("dialog-info"));
}

/* RFC 4235 §4.1.6.1: <identity> is a URI with a display name, <target> the URI of the device. Kamailio has the display
 * name at the target. */
static void read_party(const struct xml_node *dialog, struct slice name, struct dialog_party *party)
{
	const struct xml_node *node = child_of(dialog, name);
	if (!node)
		return;
	const struct xml_node *identity = child_of(node, SLICE("identity"));
	if (identity) {
		party->identity = xml_text(identity);
		party->display = slice_trim(xml_attribute(identity, SLICE("display")));
	}
	const struct xml_node *target = child_of(node, SLICE("target"));
	if (target) {
		party->target_node = target;
		party->target = slice_trim(xml_attribute(target, SLICE("uri")));
		if (slice_is_empty(party->display))
			party->display = slice_trim(xml_attribute(target, SLICE("display")));
	}
	/* What shows the caller reads either of them (Yealink's lamps do). */
	if (slice_is_empty(party->identity))
		party->identity = party->target;
	if (slice_is_empty(party->target))
		party->target = party->identity;
}

/* Empty where it is no number: phones that check the schema would refuse our document for it. */
static struct slice number_of(struct slice text, uint64_t most)
{
	uint64_t number;
	return slice_to_number(text, most, &number) ? text : SLICE("");
}

static enum dialog_direction read_direction(struct slice text)
{
	if (slice_equal_nocase(text, SLICE("initiator")))
		return DIALOG_INITIATOR;
	return slice_equal_nocase(text, SLICE("recipient")) ? DIALOG_RECIPIENT : DIALOG_DIRECTION_UNKNOWN;
}

/* RFC 4235 §4.1.2: one of the five, with the reason as attributes. */
static bool read_state(const struct xml_node *dialog, struct dialog_entry *entry)
{
	const struct xml_node *state = child_of(dialog, SLICE("state"));
	if (!state)
		return false;
	entry->event = slice_trim(xml_attribute(state, SLICE("event")));
	entry->code = number_of(slice_trim(xml_attribute(state, SLICE("code"))), 699);
	for (size_t i = 0; i < ARRAY_SIZE(dialog_phase_names); i++) {
		if (slice_equal_nocase(xml_text(state), dialog_phase_names[i])) {
			entry->phase = (enum dialog_phase)i;
			return true;
		}
	}
	return false;
}

static int complain_of_dialog(struct body_error *error, unsigned place, const char *what)
{
	body_complain(error, "Dialog %u of the document %s", place, what);
	return ERR_SYNTAX;
}

static int read_dialog(const struct xml_node *dialog, unsigned place, struct dialog_entry *entry,
		       struct body_error *error)
{
	/* RFC 4235 §4.1.1: the id is mandatory, the rest is not */
	entry->id = slice_trim(xml_attribute(dialog, SLICE("id")));
	if (slice_is_empty(entry->id))
		return complain_of_dialog(error, place, "has no id");
	if (!read_state(dialog, entry))
		return complain_of_dialog(error, place,
					  "has no <state> of trying, proceeding, early, confirmed or terminated");
	entry->call_id = slice_trim(xml_attribute(dialog, SLICE("call-id")));
	entry->local_tag = slice_trim(xml_attribute(dialog, SLICE("local-tag")));
	entry->remote_tag = slice_trim(xml_attribute(dialog, SLICE("remote-tag")));
	entry->direction = read_direction(xml_attribute(dialog, SLICE("direction")));
	entry->duration = number_of(xml_text(child_of(dialog, SLICE("duration"))), UINT32_MAX);
	read_party(dialog, SLICE("local"), &entry->local);
	read_party(dialog, SLICE("remote"), &entry->remote);
	return 0;
}

static int read_dialogs(struct arena *arena, const struct xml_node *root, struct dialog_info *info,
			struct body_error *error)
{
	const struct xml_node *first = child_of(root, SLICE("dialog"));
	size_t count = 0;
	for (const struct xml_node *dialog = first; dialog; dialog = next_of(dialog))
		count++;
	if (count == 0)
		return 0;
	if (count > DIALOG_INFO_DIALOGS_MOST) {
		body_complain(error, "The document has %zu dialogs; this server takes %d at most", count,
			      DIALOG_INFO_DIALOGS_MOST);
		return ERR_LIMIT;
	}
	info->dialogs = arena_allocate_zeroed(arena, count, sizeof *info->dialogs);
	if (!info->dialogs) {
		body_complain(error, "There is no memory for the document's dialogs");
		return ERR_NO_MEMORY;
	}
	for (const struct xml_node *dialog = first; dialog; dialog = next_of(dialog)) {
		int result = read_dialog(dialog, (unsigned)info->count + 1, &info->dialogs[info->count], error);
		if (result)
			return result;
		info->count++;
	}
	return 0;
}

/* RFC 4235 §4.1: version, state and entity are mandatory; without state it is full, and the version of a publication
 * means nothing to us. */
static int read_root(const struct xml_node *root, struct dialog_info *info, struct body_error *error)
{
	if (!is_dialog_info(root)) {
		body_complain(error, "The document's root is no <dialog-info> of " DIALOG_INFO_SPACE);
		return ERR_SYNTAX;
	}
	info->entity = slice_trim(xml_attribute(root, SLICE("entity")));
	if (slice_is_empty(info->entity)) {
		body_complain(error, "The document does not say whose dialogs these are: <dialog-info> has no entity");
		return ERR_SYNTAX;
	}
	info->version = number_of(slice_trim(xml_attribute(root, SLICE("version"))), UINT32_MAX);
	struct slice state = slice_trim(xml_attribute(root, SLICE("state")));
	info->is_partial = slice_equal_nocase(state, SLICE("partial"));
	if (!info->is_partial && !slice_is_empty(state) && !slice_equal_nocase(state, SLICE("full"))) {
		body_complain(error, "The state of <dialog-info> is neither full nor partial");
		return ERR_SYNTAX;
	}
	return 0;
}

int dialog_info_parse(struct arena *arena, struct slice body, const struct xml_limits *limits, struct dialog_info *info,
		      struct body_error *error)
{
	struct dialog_info read = {0};
	const struct xml_node *root;
	int result = xml_parse(arena, body, limits, &root, error);
	if (result == 0)
		result = read_root(root, &read, error);
	if (result == 0)
		result = read_dialogs(arena, root, &read, error);
	if (result == 0)
		*info = read;
	return result;
}
