/* Reading and judging presence documents (RFC 3863). SPDX-License-Identifier: MIT */
#include "bodies/pidf.h"

#include "base/error.h"

static int judge_tuple(const struct xml_node *tuple, struct body_error *error)
{
	struct slice id = slice_trim(xml_attribute(tuple, SLICE("id")));
	/* RFC 3863 §4.1.2: each tuple has an id, and a status. */
	if (slice_is_empty(id)) {
		body_complain(error, "A <tuple> has no id");
		return ERR_SYNTAX;
	}
	if (!xml_child(tuple, SLICE(PIDF_SPACE), SLICE("status"))) {
		body_complain(error, "A <tuple> has no <status>");
		return ERR_SYNTAX;
	}
	return 0;
}

static int judge(const struct xml_node *root, struct pidf *pidf, struct body_error *error)
{
	if (!xml_is(root, SLICE(PIDF_SPACE), SLICE("presence"))) {
		body_complain(error, "The root element is not the <presence> of " PIDF_SPACE);
		return ERR_SYNTAX;
	}
	/* RFC 3863 §4.1.1. Whose it is, is judged by the request: Snom says "pres:", others "sip:". */
	struct slice entity = slice_trim(xml_attribute(root, SLICE("entity")));
	if (slice_is_empty(entity)) {
		body_complain(error, "The <presence> has no entity");
		return ERR_SYNTAX;
	}
	const struct xml_node *tuple = xml_child(root, SLICE(PIDF_SPACE), SLICE("tuple"));
	for (; tuple; tuple = xml_next(tuple, SLICE(PIDF_SPACE), SLICE("tuple"))) {
		int result = judge_tuple(tuple, error);
		if (result != 0)
			return result;
	}
	*pidf = (struct pidf){.entity = entity, .root = root};
	return 0;
}

int pidf_parse(struct arena *arena, struct slice body, const struct xml_limits *limits, struct pidf *pidf,
	       struct body_error *error)
{
	const struct xml_node *root;
	int result = xml_parse(arena, body, limits, &root, error);
	return result == 0 ? judge(root, pidf, error) : result;
}
