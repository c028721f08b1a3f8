/* Reading message/cpim (RFC 3862): its headers, the MIME headers of what is inside, and that.
 * SPDX-License-Identifier: MIT */
#include "bodies/cpim.h"

#include "base/error.h"
#include "bodies/mime.h"

#define IMDN_NAMESPACE SLICE("urn:ietf:params:imdn")

struct reading {
	struct cpim *cpim;
	struct slice prefix; /* that stands for IMDN's namespace now; empty: none does */
	bool is_default;     /* names without a prefix are IMDN's, too */
};

/* ---- Message headers ---- */

/* "prefix <URI>", or "<URI>" for names without a prefix (RFC 3862 §3.4, §4.6). */
static void read_namespace(struct reading *reading, struct slice value)
{
	struct slice prefix = slice_trim(slice_take(&value, '<'));
	bool is_imdn = slice_equal(slice_trim(slice_take(&value, '>')), IMDN_NAMESPACE);
	if (slice_is_empty(prefix))
		reading->is_default = is_imdn;
	else if (is_imdn)
		reading->prefix = prefix;
	else if (slice_equal_nocase(prefix, reading->prefix))
		reading->prefix = SLICE("");
}

/* The name within IMDN's namespace; false where it is of another one. */
static bool read_imdn_name(const struct reading *reading, struct slice *name)
{
	struct slice rest = *name, prefix = slice_take(&rest, '.');
	if (slice_is_empty(rest))
		return reading->is_default;
	if (slice_is_empty(reading->prefix) || !slice_equal_nocase(prefix, reading->prefix))
		return false;
	*name = rest;
	return true;
}

/* RFC 5438 §6.2: what the sender wants to be told, with commas between; each may have parameters. */
static void read_wishes(struct cpim *cpim, struct slice value)
{
	while (value.length > 0) {
		struct slice wish = slice_take(&value, ',');
		wish = slice_trim(slice_take(&wish, ';'));
		cpim->wants_delivery |= slice_equal_nocase(wish, SLICE("positive-delivery"));
		cpim->wants_display |= slice_equal_nocase(wish, SLICE("display"));
	}
}

static void read_header(struct reading *reading, struct slice name, struct slice value)
{
	if (slice_equal_nocase(name, SLICE("NS"))) {
		read_namespace(reading, value);
	} else if (read_imdn_name(reading, &name)) {
		if (slice_equal_nocase(name, SLICE("Message-ID")) && slice_is_empty(reading->cpim->message_id))
			reading->cpim->message_id = value;
		else if (slice_equal_nocase(name, SLICE("Disposition-Notification")))
			read_wishes(reading->cpim, value);
	} /* From, To, DateTime, Subject …: SIP's own say who and when */
}

/* ---- Headers of what is inside ---- */

static void read_content_header(struct reading *reading, struct slice name, struct slice value)
{
	struct cpim *cpim = reading->cpim;
	if (slice_equal_nocase(name, SLICE("Content-Type")) && slice_is_empty(cpim->content_type))
		cpim->content_type = value;
	else if (slice_equal_nocase(name, SLICE("Content-Transfer-Encoding")))
		cpim->is_encoded |= !mime_is_as_it_is(value);
	else if (slice_equal_nocase(name, SLICE("Content-Encoding")))
		cpim->is_encoded |= !slice_is_empty(value) && !slice_equal_nocase(value, SLICE("identity"));
}

/* ---- All of it ---- */

typedef void read_header_fn(struct reading *reading, struct slice name, struct slice value);

/* Takes a block of headers off the text, with the empty line behind it. */
static int read_block(struct reading *reading, struct slice *text, read_header_fn *read)
{
	struct slice field, name, value;
	while (text->length > 0) {
		if (!mime_take_field(text, &field))
			return 0;
		if (!mime_split_field(field, &name, &value))
			return ERR_SYNTAX;
		read(reading, name, value);
	}
	return ERR_SYNTAX;
}

int cpim_parse(struct slice text, struct cpim *cpim)
{
	struct cpim read = {.is_encoded = false};
	struct reading reading = {.cpim = &read, .prefix = SLICE("imdn")};
	int result = read_block(&reading, &text, read_header);
	if (result == 0)
		result = read_block(&reading, &text, read_content_header);
	if (result != 0)
		return result;
	if (slice_is_empty(read.content_type))
		read.content_type = SLICE("text/plain"); /* RFC 2045 §5.2 */
	read.body = text;
	*cpim = read;
	return 0;
}
