/* What a SUBSCRIBE asks for, and how it is refused (RFC 6665 §4.2.1.1, RFC 6446). SPDX-License-Identifier: MIT */
#include "presence/subscribing.h"

#include "base/error.h"
#include "sip/grammar.h"

#include <stdio.h>

/* --- refusing --- */

/* Refuses; SIP_LATER, so that checks can be chained with return. */
unsigned subscribing_refuse(struct subscribing *subscribing, unsigned status, struct slice headers,
			    const char *sentence)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	subscribing_forget_content(subscribing);
	events->counters.refused++;
	events_note_refusal(events, request->sender,
			    slice_is_empty(subscribing->target.name) ? request->message.request_uri_text
								     : subscribing->target.name,
			    sip_message_value(&request->message, SIP_HEADER_EVENT), status, sentence);
	request_refuse_with(request, status, headers, "%s", sentence);
	return SIP_LATER;
}

void subscribing_refuse_event(struct subscribing *subscribing, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, 2048);
	events_write_allowed(subscribing->events, &headers); /* RFC 6665 §4.2.1.1, §7.2 */
	subscribing_refuse(subscribing, SIP_BAD_EVENT, buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers),
			   sentence);
	buffer_finish(&headers);
}

void subscribing_refuse_for_storage(struct subscribing *subscribing, int result)
{
	char sentence[160];
	snprintf(sentence, sizeof sentence, "The subscription cannot be kept now: %s", error_text(result));
	subscribing_refuse(subscribing, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"), sentence);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* "0.5" per second → 2000 ms between two; false where it is no positive number (RFC 6446 §9: "max-rate" = 1*2DIGIT
 * ["." 1*10DIGIT]). */
static bool read_rate(struct slice text, uint32_t *interval_ms)
{
	struct slice rest = text, whole = slice_take(&rest, '.');
	uint64_t number = 0, millionths = 0, scale = 100000;
	if (!slice_to_number(whole, 99, &number))
		return false;
	for (size_t i = 0; i < rest.length; i++, scale /= 10) {
		if (rest.at[i] < '0' || rest.at[i] > '9')
			return false;
		millionths += (uint64_t)(rest.at[i] - '0') * scale;
	}
	millionths += number * 1000000;
	if (millionths == 0)
		return false;
	uint64_t interval = 1000000000u / millionths;
	*interval_ms = interval > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)interval;
	return true;
}

/* RFC 6446 §5, §6: rates are refused where they cannot be read; a least rate above the most is their contradiction. */
static bool read_rates(struct subscribing *subscribing, struct slice parameters)
{
	struct slice value;
	if (sip_parameter_find(parameters, SLICE("max-rate"), &value) &&
	    !read_rate(value, &subscribing->least_interval_ms))
		return false;
	if (sip_parameter_find(parameters, SLICE("min-rate"), &value) &&
	    !read_rate(value, &subscribing->most_interval_ms))
		return false;
	/* §7: of both, the adaptive one is what the watcher would rather have */
	subscribing->is_adaptive = sip_parameter_find(parameters, SLICE("adaptive-min-rate"), &value);
	if (subscribing->is_adaptive && !read_rate(value, &subscribing->most_interval_ms))
		return false;
	/* §6.2: the notifier may bound the rates that it keeps: not more often than each second unasked */
	if (subscribing->most_interval_ms > 0 && subscribing->most_interval_ms < 1000)
		subscribing->most_interval_ms = 1000;
	return subscribing->most_interval_ms == 0 || subscribing->least_interval_ms <= subscribing->most_interval_ms;
}

/* Event: package and parameters. False: it has been refused. */
static bool read_event(struct subscribing *subscribing)
{
	struct slice rest = sip_message_value(&subscribing->request->message, SIP_HEADER_EVENT);
	struct slice name = slice_trim(slice_take(&rest, ';'));
	subscribing->row = events_find_package(subscribing->events, name);
	if (slice_is_empty(name)) {
		subscribing_refuse_event(subscribing, "There is no Event header: what is to be watched?");
		return false;
	}
	if (!subscribing->row || !subscribing->row->package->formats) {
		subscribing_refuse_event(subscribing, "This event package is not served here");
		return false;
	}
	sip_parameter_find(rest, SLICE("id"), &subscribing->event_id);
	/* RFC 6665 §8.4; it is written into each NOTIFY */
	if (!slice_is_empty(subscribing->event_id) && !grammar_is(subscribing->event_id, GRAMMAR_TOKEN)) {
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""), "The id in Event is no token");
		return false;
	}
	if (!read_rates(subscribing, rest)) {
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
				   "The rates in Event cannot be read, or contradict each other");
		return false;
	}
	return true;
}

/* RFC 6665 §4.2.1.1: what is asked for or less, and 423 below the least; 0 fetches or ends. */
static bool read_expires(struct subscribing *subscribing)
{
	const struct expiry_bounds *bounds = &subscribing->events->options.subscription;
	const struct sip_header *header = sip_message_header(&subscribing->request->message, SIP_HEADER_EXPIRES);
	uint32_t expires_s = bounds->default_s;
	if (header && sip_seconds_parse(header->value, &expires_s) != 0) {
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""), "Expires is no number of seconds");
		return false;
	}
	if (expires_s > 0 && expires_s < bounds->least_s) {
		char headers[48], sentence[100];
		int length = snprintf(headers, sizeof headers, "Min-Expires: %u\r\n", bounds->least_s);
		snprintf(sentence, sizeof sentence, "Expires %u s is less than the %u s that this server accepts",
			 expires_s, bounds->least_s);
		subscribing_refuse(subscribing, SIP_INTERVAL_TOO_BRIEF,
				   slice_of(headers, length > 0 ? (size_t)length : 0), sentence);
		return false;
	}
	subscribing->expires_s = expires_s < bounds->most_s ? expires_s : bounds->most_s;
	return true;
}

/* How much a format is wanted: of the ranges that fit the most particular one says so (RFC 3261 §20.1). */
struct wish {
	unsigned thousandths; /* 0: not at all */
	unsigned precision;   /* 0: no range fits; 1: all types, 2: all of a type, 3: just this */
};

static unsigned precision_of(const struct sip_media_type *wanted, const struct sip_media_type *offered)
{
	if (slice_equal(wanted->type, SLICE("*")))
		return 1;
	if (!slice_equal_nocase(wanted->type, offered->type))
		return 0;
	if (slice_equal(wanted->subtype, SLICE("*")))
		return 2;
	return slice_equal_nocase(wanted->subtype, offered->subtype) ? 3 : 0;
}

static struct wish wish_for(const struct sip_message *message, const char *media_type)
{
	struct sip_list_cursor cursor = {0};
	struct sip_media_type wanted, offered;
	struct slice range, q;
	struct wish wish = {0};
	if (sip_media_type_parse(slice_text(media_type), &offered) != 0)
		return wish;
	while (sip_message_each(message, SIP_HEADER_ACCEPT, &cursor, &range)) {
		unsigned precision = sip_media_type_parse(range, &wanted) == 0 ? precision_of(&wanted, &offered) : 0;
		if (precision <= wish.precision)
			continue;
		wish = (struct wish){1000, precision};
		if (sip_parameter_find(wanted.parameters, SLICE("q"), &q) && sip_q_parse(q, &wish.thousandths) != 0)
			wish.thousandths = 1000; /* unreadable: as if it were not there */
	}
	return wish;
}

/* What is wanted most; among equals the one named rather than one that just fits, then what says only what has changed
 * (RFC 5263 §4.3), then the first. Without Accept the first (RFC 6665 §4.1.2.1). */
static bool is_better(const struct wish *wish, const struct body_format *format, const struct wish *best,
		      const struct body_format *best_format)
{
	if (wish->thousandths != best->thousandths)
		return wish->thousandths > best->thousandths;
	if (wish->precision != best->precision)
		return wish->precision > best->precision;
	return wish->precision == 3 && format->write_change && !best_format->write_change;
}

bool subscribing_choose_format(struct subscribing *subscribing)
{
	const struct sip_message *message = &subscribing->request->message;
	const struct body_format *const *formats = subscribing->row->package->formats;
	struct wish best = {0};
	if (slice_is_empty(sip_message_value(message, SIP_HEADER_ACCEPT)))
		return true;
	for (uint8_t i = 0; formats[i]; i++) {
		struct wish wish = wish_for(message, formats[i]->media_type);
		if (wish.thousandths > 0 && is_better(&wish, formats[i], &best, formats[subscribing->format])) {
			best = wish;
			subscribing->format = i;
		}
	}
	/* A phone for lists may name what a list comes in, and leave what is in it to us (RFC 4662 §4.2). */
	bool takes_envelope = subscribing->takes_lists && wish_for(message, "application/rlmi+xml").thousandths > 0;
	if (best.thousandths > 0 || takes_envelope)
		return true;
	struct buffer headers;
	buffer_init(&headers, 1024);
	buffer_text(&headers, "Accept: ");
	for (unsigned i = 0; formats[i]; i++) {
		buffer_text(&headers, i > 0 ? ", " : "");
		buffer_text(&headers, formats[i]->media_type);
	}
	buffer_text(&headers, "\r\n");
	subscribing_refuse(subscribing, SIP_NOT_ACCEPTABLE,
			   buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers),
			   "Accept names no format that this event is told in");
	buffer_finish(&headers);
	return false;
}

static bool read_suppress(struct subscribing *subscribing)
{
	const struct sip_header *header =
		sip_message_header(&subscribing->request->message, SIP_HEADER_SUPPRESS_IF_MATCH);
	subscribing->has_suppress = header != NULL;
	if (header)
		subscribing->suppress = header->value;
	return true;
}

/* RFC 4662 §4.1; and packed bodies are for who accepts them. */
static bool read_abilities(struct subscribing *subscribing)
{
	const struct sip_message *message = &subscribing->request->message;
	subscribing->takes_lists = sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("eventlist")) ||
				   sip_message_lists(message, SIP_HEADER_REQUIRE, SLICE("eventlist"));
	subscribing->takes_deflate = sip_message_lists(message, SIP_HEADER_ACCEPT_ENCODING, SLICE("deflate")) ||
				     sip_message_lists(message, SIP_HEADER_ACCEPT_ENCODING, SLICE("*"));
	return true;
}

bool subscribing_read(struct subscribing *subscribing)
{
	return read_abilities(subscribing) && read_event(subscribing) && read_expires(subscribing) &&
	       read_suppress(subscribing);
}
