/* Texts and receipts, as they stand or inside message/cpim. SPDX-License-Identifier: MIT */
#include "bodies/message_text.h"

#include "bodies/cpim.h"
#include "bodies/mime.h"

static bool is_charset_known(struct slice content_type)
{
	struct slice charset;
	/* RFC 3428 §4 leaves it to MIME, where none is US-ASCII; clients in the field mean UTF-8, which has that in it.
	 */
	return !mime_find_parameter(content_type, SLICE("charset"), &charset) ||
	       slice_equal_nocase(charset, SLICE("UTF-8")) || slice_equal_nocase(charset, SLICE("US-ASCII"));
}

static bool is_readable(struct slice text)
{
	return slice_find(text, '\0') == text.length && slice_is_utf8(text);
}

static enum message_kind kind_of(struct slice content_type, bool is_encoded, struct slice body)
{
	if (mime_is_type(content_type, SLICE("message/imdn+xml")))
		return MESSAGE_KIND_RECEIPT;
	bool is_text = !is_encoded && mime_is_type(content_type, SLICE("text/plain")) &&
		       is_charset_known(content_type) && is_readable(body);
	return is_text ? MESSAGE_KIND_TEXT : MESSAGE_KIND_OTHER;
}

void message_text_find(struct slice content_type, struct slice content_encoding, struct slice body,
		       struct message_text *found)
{
	bool is_encoded = !slice_is_empty(content_encoding) && !slice_equal_nocase(content_encoding, SLICE("identity"));
	struct cpim cpim = {.content_type = content_type, .body = body, .is_encoded = is_encoded};
	*found = (struct message_text){.kind = MESSAGE_KIND_OTHER};
	if (mime_is_type(content_type, SLICE("message/cpim"))) {
		if (is_encoded || cpim_parse(body, &cpim) != 0)
			return;
		found->is_wrapped = true;
	}
	found->kind = kind_of(cpim.content_type, cpim.is_encoded, cpim.body);
	if (found->kind == MESSAGE_KIND_TEXT) {
		found->text = cpim.body;
		found->content_type = cpim.content_type;
	}
}
