/* What every message must have, once and well-formed (RFC 3261 §8.1.1, §8.2.2, §16.3 step 1). What is merely not
 * supported (a scheme, a method, an extension) is not judged here: others answer that with a status of its own.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sip/grammar.h"
#include "sip/message.h"
#include "sip/status.h"

/* RFC 3261 §20.22 has one byte of hops; RFC 4475 §3.1.2.4 wants more refused. */
#define MOST_FORWARDS 255

static const struct {
	const char *missing, *malformed, *repeated;
} reasons[SIP_HEADER_COUNT] = {
#define HEADER(id, name, compact, kind)                                                                                \
	[id] = {"The " name " header is missing", "The " name " header is malformed",                                  \
		"The " name " header stands more than once"},
#include "sip/headers.def"
#undef HEADER
};

static int refuse(struct sip_parse_error *error, unsigned status, size_t offset, const char *reason)
{
	*error = (struct sip_parse_error){.status = status, .offset = offset, .reason = reason};
	return ERR_SYNTAX;
}

static size_t offset_of(const struct sip_message *message, enum sip_header_id id)
{
	const struct sip_header *header = sip_message_header(message, id);
	return header ? (size_t)(header->line.at - message->bytes.at) : message->bytes.length;
}

static int refuse_malformed(const struct sip_message *message, struct sip_parse_error *error, enum sip_header_id id)
{
	return refuse(error, SIP_BAD_REQUEST, offset_of(message, id), reasons[id].malformed);
}

/* Headers that nothing is decided by, and that proxies and gateways have been seen to add to what is there. */
static bool is_informational(enum sip_header_id id)
{
	switch (id) {
	case SIP_HEADER_USER_AGENT:
	case SIP_HEADER_SERVER:
	case SIP_HEADER_SUBJECT:
	case SIP_HEADER_DATE:
	case SIP_HEADER_TIMESTAMP:
	case SIP_HEADER_MIME_VERSION:
	case SIP_HEADER_CONTENT_LENGTH: /* where they differ the first pass has said so */
		return true;
	default:
		return false;
	}
}

/* Two values where there can be one: whoever read the other one would see another message. */
static int check_repeated(const struct sip_message *message, struct sip_parse_error *error)
{
	for (unsigned index = 0; index < message->header_count; index++) {
		const struct sip_header *header = &message->headers[index];
		if (header->next != 0 && sip_header_kind(header->id) == SIP_HEADER_KIND_SINGLE &&
		    !is_informational(header->id))
			return refuse(error, SIP_BAD_REQUEST, (size_t)(header->line.at - message->bytes.at),
				      reasons[header->id].repeated);
	}
	return 0;
}

/* RFC 3261 §8.1.1: the six without which there is no transaction. Max-Forwards, the sixth, may be missing: those who
 * follow RFC 2543 do not send it (RFC 4475 §3.3.15). */
static int check_required(struct sip_message *message, struct sip_parse_error *error)
{
	static const enum sip_header_id required[] = {SIP_HEADER_VIA, SIP_HEADER_FROM, SIP_HEADER_TO,
						      SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ};
	for (size_t place = 0; place < ARRAY_SIZE(required); place++)
		if (!sip_message_header(message, required[place]))
			return refuse(error, SIP_BAD_REQUEST, message->bytes.length, reasons[required[place]].missing);

	const struct sip_via *via = sip_message_via(message);
	if (!via || via->has_empty_parameter)
		return refuse_malformed(message, error, SIP_HEADER_VIA);
	if (!sip_message_from(message))
		return refuse_malformed(message, error, SIP_HEADER_FROM);
	if (!sip_message_to(message))
		return refuse_malformed(message, error, SIP_HEADER_TO);
	/* more than the grammar's word: Call-IDs with other characters are about, and only compared */
	if (!grammar_is(sip_message_call_id(message), GRAMMAR_VISIBLE))
		return refuse_malformed(message, error, SIP_HEADER_CALL_ID);
	if (!sip_message_cseq(message))
		return refuse(error, SIP_BAD_REQUEST, offset_of(message, SIP_HEADER_CSEQ),
			      "The CSeq header is not a number below 2**31 and a method");
	return 0;
}

static int check_request(struct sip_message *message, struct sip_parse_error *error)
{
	size_t offset = (size_t)(message->request_uri_text.at - message->bytes.at);
	const struct sip_uri *uri = sip_message_request_uri(message);
	struct slice max_forwards = sip_message_value(message, SIP_HEADER_MAX_FORWARDS);
	uint64_t hops;

	if (!uri)
		return refuse(error, SIP_BAD_REQUEST, offset,
			      *message->request_uri_text.at == '<' ? "The Request-URI stands in angle brackets"
								   : "The Request-URI is malformed");
	/* RFC 3261 §19.1.1, table 1: "?name=value" is for URIs that make a request, not for the request */
	if (!slice_is_empty(uri->headers) && (uri->scheme == URI_SIP || uri->scheme == URI_SIPS))
		return refuse(error, SIP_BAD_REQUEST, offset, "The Request-URI holds headers");
	/* §8.1.1.5; the other method may well be one that we do not know (RFC 4475 §3.1.2.18) */
	if (!slice_equal(sip_message_cseq(message)->method_text, message->method_text))
		return refuse(error, SIP_BAD_REQUEST, offset_of(message, SIP_HEADER_CSEQ),
			      "The method in CSeq is not that of the request");
	if (sip_message_header(message, SIP_HEADER_MAX_FORWARDS) &&
	    !slice_to_number(max_forwards, MOST_FORWARDS, &hops))
		return refuse(error, SIP_BAD_REQUEST, offset_of(message, SIP_HEADER_MAX_FORWARDS),
			      "Max-Forwards is not a number from 0 to 255");
	return 0;
}

int sip_message_check(struct sip_message *message, struct sip_parse_error *error)
{
	/* first, as the rest may mean something else in another version (RFC 4475 §3.1.2.16) */
	if (!slice_equal_nocase(message->version, SLICE("SIP/2.0")))
		return refuse(error, SIP_VERSION_NOT_SUPPORTED, 0, "This server speaks SIP/2.0");
	int result = check_repeated(message, error);
	if (result == 0)
		result = check_required(message, error);
	return result == 0 && message->is_request ? check_request(message, error) : result;
}
