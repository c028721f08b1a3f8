/* Reading message/imdn+xml (RFC 5438 §11), bare or inside message/cpim. SPDX-License-Identifier: MIT */
#include "bodies/imdn.h"

#include "base/deflate.h"
#include "base/error.h"
#include "bodies/cpim.h"
#include "bodies/mime.h"
#include "bodies/xml.h"

#define IMDN_SPACE SLICE("urn:ietf:params:xml:ns:imdn")

/* Receipts have a few hundred bytes; what users put into one, as its subject, is not of interest. */
static const struct xml_limits limits = {.bytes = 64 * 1024, .depth = 16, .nodes = 200};

/* RFC 5438 §11.1 */
static const struct {
	struct slice notification, status;
	enum imdn_status means;
} pairs[] = {
	{{"delivery-notification", 21}, {"delivered", 9}, IMDN_DELIVERED},
	{{"delivery-notification", 21}, {"failed", 6}, IMDN_FAILED},
	{{"delivery-notification", 21}, {"forbidden", 9}, IMDN_FORBIDDEN},
	{{"delivery-notification", 21}, {"error", 5}, IMDN_ERROR},
	{{"display-notification", 20}, {"displayed", 9}, IMDN_DISPLAYED},
	{{"display-notification", 20}, {"forbidden", 9}, IMDN_FORBIDDEN},
	{{"display-notification", 20}, {"error", 5}, IMDN_ERROR},
	{{"processing-notification", 23}, {"processed", 9}, IMDN_PROCESSED},
	{{"processing-notification", 23}, {"stored", 6}, IMDN_STORED},
	{{"processing-notification", 23}, {"forbidden", 9}, IMDN_FORBIDDEN},
	{{"processing-notification", 23}, {"error", 5}, IMDN_ERROR},
};

static bool find_status(const struct xml_node *root, enum imdn_status *status)
{
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		const struct xml_node *notification = xml_child(root, IMDN_SPACE, pairs[i].notification);
		const struct xml_node *said =
			notification ? xml_child(notification, IMDN_SPACE, SLICE("status")) : NULL;
		if (said && xml_child(said, IMDN_SPACE, pairs[i].status)) {
			*status = pairs[i].means;
			return true;
		}
	}
	return false;
}

int imdn_parse(struct arena *arena, struct slice xml, struct imdn *imdn, struct body_error *error)
{
	const struct xml_node *root;
	struct imdn read;
	int result = xml_parse(arena, xml, &limits, &root, error);
	if (result != 0)
		return result;
	if (!xml_is(root, IMDN_SPACE, SLICE("imdn"))) {
		body_complain(error, "The receipt is not an <imdn> of RFC 5438");
		return ERR_SYNTAX;
	}
	read.message_id = xml_text(xml_child(root, IMDN_SPACE, SLICE("message-id")));
	if (slice_is_empty(read.message_id) || !find_status(root, &read.status)) {
		body_complain(error, "The receipt does not say of which message it is, or what became of that");
		return ERR_SYNTAX;
	}
	*imdn = read;
	return 0;
}

static int parse_packed(struct arena *arena, struct slice packed, struct imdn *imdn, struct body_error *error)
{
	struct buffer plain;
	buffer_init(&plain, limits.bytes);
	int result = deflate_unpack(packed, &plain);
	if (result == 0)
		result = imdn_parse(arena, buffer_slice(&plain), imdn, error);
	else
		body_complain(error, "The receipt cannot be unpacked: %s", error_text(result));
	buffer_finish(&plain);
	return result;
}

int imdn_read(struct arena *arena, struct slice content_type, struct slice content_encoding, struct slice body,
	      struct imdn *imdn, struct body_error *error)
{
	struct cpim cpim = {.content_type = content_type, .body = body};
	bool is_packed = slice_equal_nocase(content_encoding, SLICE("deflate"));
	bool is_cpim = !is_packed && mime_is_type(content_type, SLICE("message/cpim"));
	if ((is_cpim && cpim_parse(body, &cpim) != 0) || cpim.is_encoded ||
	    !mime_is_type(cpim.content_type, SLICE("message/imdn+xml"))) {
		body_complain(error, "The message is no receipt");
		return ERR_SYNTAX;
	}
	return is_packed ? parse_packed(arena, cpim.body, imdn, error) : imdn_parse(arena, cpim.body, imdn, error);
}
