/* Names of header fields: by length and first letter to the candidates, then by comparison.
 * SPDX-License-Identifier: MIT */
#include "sip/header.h"

#include "base/attributes.h"

#define SINGLE SIP_HEADER_KIND_SINGLE
#define LIST SIP_HEADER_KIND_LIST
#define REPEATED SIP_HEADER_KIND_REPEATED

static const struct {
	struct slice name;
	enum sip_header_kind kind;
} headers[SIP_HEADER_COUNT] = {
	/* the grammar of a header that we do not know is not ours to judge: one value, any number of times */
	[SIP_HEADER_OTHER] = {{"", 0}, REPEATED},
#define HEADER(id, name, compact, kind) [id] = {{name, sizeof(name) - 1}, kind},
#include "sip/headers.def"
#undef HEADER
};

/* Beside the names, so that looking for one touches a single line of cache. */
static const uint8_t lengths[SIP_HEADER_COUNT] = {
	[SIP_HEADER_OTHER] = 0,
#define HEADER(id, name, compact, kind) [id] = sizeof(name) - 1,
#include "sip/headers.def"
#undef HEADER
};

static const char compact_forms[SIP_HEADER_COUNT] = {
	[SIP_HEADER_OTHER] = 0,
#define HEADER(id, name, compact, kind) [id] = compact,
#include "sip/headers.def"
#undef HEADER
};

static enum sip_header_id find_compact(char letter)
{
	/* the bit that makes an ASCII letter small; what is no letter is in no place of the table */
	const char *place = memchr(compact_forms, letter | 0x20, sizeof(compact_forms));
	return place ? (enum sip_header_id)(place - compact_forms) : SIP_HEADER_OTHER;
}

enum sip_header_id sip_header_find(struct slice name)
{
	if (name.length == 1)
		return find_compact(*name.at);
	/* headers.def has the frequent ones first, so this ends early for almost all */
	for (unsigned id = SIP_HEADER_OTHER + 1; id < SIP_HEADER_COUNT; id++) {
		if (lengths[id] == name.length && ((*headers[id].name.at ^ *name.at) & ~0x20) == 0 &&
		    slice_equal_nocase(headers[id].name, name))
			return (enum sip_header_id)id;
	}
	return SIP_HEADER_OTHER;
}

struct slice sip_header_name(enum sip_header_id id)
{
	return (unsigned)id < ARRAY_SIZE(headers) ? headers[id].name : headers[SIP_HEADER_OTHER].name;
}

enum sip_header_kind sip_header_kind(enum sip_header_id id)
{
	return (unsigned)id < ARRAY_SIZE(headers) ? headers[id].kind : SIP_HEADER_KIND_REPEATED;
}
