/* SUBSCRIBE to the voicemail server, and what it answers (RFC 6665 §4.1.2). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "presence/events_state.h"
#include "presence/voicemail_state.h"
#include "sip/status.h"
#include "sip/write.h"

#include <stdlib.h>
#include <string.h>

enum {
	CREDENTIALS_MOST = 2,           /* attempts: the second where the nonce was too old */
	EXPIRES_MOST_S = 7 * 24 * 3600, /* what Min-Expires may bring us to */
	REFUSED_WAIT_S = 900            /* whoever says no will not say yes in a minute */
};

static void on_answer(void *arg, int result, struct sip_message *response);

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_address(struct buffer *buffer, struct slice user, struct slice host)
{
	buffer_text(buffer, "sip:");
	sip_uri_escape_user(buffer, user);
	buffer_byte(buffer, '@');
	buffer_append(buffer, host);
}

/* "sip:alice@voicemail.example.test:5070;transport=tcp" */
static void write_uri(struct buffer *buffer, const struct inquiry *inquiry)
{
	const struct voicemail *voicemail = inquiry->voicemail;
	write_address(buffer, inquiry_user(inquiry), voicemail->host);
	if (voicemail->port != 0)
		buffer_format(buffer, ":%u", voicemail->port);
	if (voicemail->kind != TRANSPORT_UDP) {
		buffer_text(buffer, ";transport=");
		buffer_append(buffer, transport_parameter(voicemail->kind));
	}
}

/* The head of a request that begins a dialog. */
static void write_first(struct buffer *buffer, const struct inquiry *inquiry)
{
	const struct voicemail *voicemail = inquiry->voicemail;
	buffer_text(buffer, "Max-Forwards: 70\r\nFrom: <");
	write_address(buffer, inquiry_user(inquiry), domain_name(voicemail->parts->domain));
	buffer_format(buffer, ">;tag=%s\r\nTo: <", inquiry->tag);
	write_address(buffer, inquiry_user(inquiry), voicemail->host);
	buffer_format(buffer, ">\r\nCall-ID: %s\r\nCSeq: %u SUBSCRIBE\r\n", inquiry->call_id,
		      inquiry->dialog.local_cseq);
}

static void write_authorization(struct buffer *buffer, struct voicemail *voicemail, struct slice uri)
{
	char cnonce[17];
	random_token(cnonce, sizeof cnonce - 1);
	buffer_text(buffer, voicemail->is_proxy ? "Proxy-Authorization: " : "Authorization: ");
	digest_write_credentials(buffer, &voicemail->challenge,
				 &(struct digest_answer){.user = voicemail->options.user,
							 .password = voicemail->options.password,
							 .method = SLICE("SUBSCRIBE"),
							 .uri = uri,
							 .cnonce = slice_text(cnonce),
							 .nonce_count = ++voicemail->nonce_count});
	buffer_text(buffer, "\r\n");
}

static void write_request(struct buffer *buffer, struct inquiry *inquiry, struct slice uri)
{
	struct voicemail *voicemail = inquiry->voicemail;
	inquiry->dialog.local_cseq++;
	if (inquiry->has_dialog)
		dialog_write(buffer, &inquiry->dialog, SLICE("SUBSCRIBE"));
	else
		write_first(buffer, inquiry);
	buffer_text(buffer, "Contact: ");
	notifier_write_contact(buffer, voicemail->events, &inquiry->flow, inquiry_user(inquiry));
	buffer_format(buffer, "\r\nEvent: message-summary\r\nAccept: %s\r\nExpires: %u\r\n",
		      message_summary_format.media_type, inquiry->is_ending ? 0 : voicemail->expires_s);
	if (voicemail->challenge_text)
		write_authorization(buffer, voicemail, uri);
	buffer_text(buffer, "Content-Length: 0\r\n\r\n");
}

/* --- sending ------------------------------------------------------------------------------------------------------ */

static int start(struct inquiry *inquiry, struct buffer *uri)
{
	struct voicemail *voicemail = inquiry->voicemail;
	if (inquiry->has_dialog)
		buffer_append(uri, dialog_request_uri(&inquiry->dialog));
	else
		write_uri(uri, inquiry);
	buffer_clear(&voicemail->scratch);
	write_request(&voicemail->scratch, inquiry, buffer_slice(uri));
	if (buffer_failed(uri) || buffer_failed(&voicemail->scratch))
		return ERR_NO_MEMORY;
	struct client_request request = {.flow = inquiry->flow,
					 .method = SLICE("SUBSCRIBE"),
					 .uri = buffer_slice(uri),
					 .rest = buffer_slice(&voicemail->scratch),
					 .on_done = on_answer,
					 .arg = inquiry};
	return client_transaction_start(voicemail->parts->transactions, &request, &inquiry->transaction);
}

static void log_failure(struct inquiry *inquiry, unsigned status, const char *sentence)
{
	struct voicemail *voicemail = inquiry->voicemail;
	log_event_limited(voicemail->parts->log, &voicemail->failure_rate, timers_now(voicemail->parts->timers),
			  LOG_WARNING, "voicemail_not_asked",
			  &(struct log_context){.aor = inquiry_user(inquiry), .status = status}, "%s", sentence);
}

void inquiry_send(struct inquiry *inquiry)
{
	struct voicemail *voicemail = inquiry->voicemail;
	struct buffer uri;
	buffer_init(&uri, 65536);
	int result = voicemail_open_flow(voicemail, &inquiry->flow);
	if (result == 0)
		result = start(inquiry, &uri);
	buffer_finish(&uri);
	if (result == 0) {
		voicemail->asked++;
		inquiry_set_state(inquiry, INQUIRY_ASKING);
		return;
	}
	log_failure(inquiry, 0, error_text(result));
	inquiry_retry(inquiry, 0);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

/* Keeps the challenge for all our requests to that server; false where it is none that we can answer. */
static bool take_challenge(struct voicemail *voicemail, struct slice value)
{
	struct digest_challenge challenge;
	if (digest_challenge_parse(value, &challenge) != 0)
		return false;
	char *text = malloc(value.length + 1);
	if (!text)
		return false;
	memcpy(text, value.at, value.length);
	free(voicemail->challenge_text);
	voicemail->challenge_text = text;
	voicemail->nonce_count = 0;
	return digest_challenge_parse(slice_of(text, value.length), &voicemail->challenge) == 0;
}

/* RFC 3261 §22.2, and §22.3 where it is a proxy that asks. */
static bool answer_challenge(struct inquiry *inquiry, const struct sip_message *response)
{
	struct voicemail *voicemail = inquiry->voicemail;
	if (slice_is_empty(voicemail->options.user) || inquiry->credentials >= CREDENTIALS_MOST)
		return false;
	bool is_proxy = response->status == SIP_PROXY_AUTHENTICATION_REQUIRED;
	const struct sip_header *header =
		sip_message_header(response, is_proxy ? SIP_HEADER_PROXY_AUTHENTICATE : SIP_HEADER_WWW_AUTHENTICATE);
	for (; header; header = sip_message_next_header(response, header)) {
		if (!take_challenge(voicemail, header->value))
			continue;
		voicemail->is_proxy = is_proxy;
		inquiry->credentials++;
		inquiry_send(inquiry);
		return true;
	}
	return false;
}

/* RFC 6665 §4.1.2.1, RFC 3261 §21.4.17 */
static bool lengthen(struct inquiry *inquiry, const struct sip_message *response)
{
	struct voicemail *voicemail = inquiry->voicemail;
	uint32_t least_s;
	if (sip_seconds_parse(sip_message_value(response, SIP_HEADER_MIN_EXPIRES), &least_s) != 0 ||
	    least_s <= voicemail->expires_s || least_s > EXPIRES_MOST_S)
		return false;
	voicemail->expires_s = least_s;
	inquiry_send(inquiry);
	return true;
}

static bool is_refusal(unsigned status)
{
	switch (status) {
	case SIP_UNAUTHORIZED:
	case SIP_FORBIDDEN:
	case SIP_NOT_FOUND:
	case SIP_METHOD_NOT_ALLOWED:
	case SIP_PROXY_AUTHENTICATION_REQUIRED:
	case SIP_BAD_EVENT:
	case SIP_NOT_IMPLEMENTED:
		return true;
	default:
		return status >= 600;
	}
}

static void on_refused(struct inquiry *inquiry, const struct sip_message *response)
{
	uint32_t wait_s = 0;
	struct slice after = sip_message_value(response, SIP_HEADER_RETRY_AFTER);
	struct slice seconds = slice_trim(slice_take(&after, ';'));
	if (sip_seconds_parse(seconds, &wait_s) != 0)
		wait_s = 0;
	if (is_refusal(response->status) && wait_s < REFUSED_WAIT_S)
		wait_s = REFUSED_WAIT_S;
	log_failure(inquiry, response->status, "the voicemail server refuses");
	inquiry_retry(inquiry, wait_s);
}

static void on_accepted(struct inquiry *inquiry, const struct sip_message *response)
{
	uint32_t expires_s;
	if (sip_seconds_parse(sip_message_value(response, SIP_HEADER_EXPIRES), &expires_s) != 0 ||
	    expires_s > inquiry->voicemail->expires_s)
		expires_s = inquiry->voicemail->expires_s;
	inquiry_granted(inquiry, expires_s > 0 ? expires_s : 1);
}

/* Sent again at once, as the answer asks for. */
static bool comply(struct inquiry *inquiry, const struct sip_message *response)
{
	switch (response->status) {
	case SIP_UNAUTHORIZED:
	case SIP_PROXY_AUTHENTICATION_REQUIRED:
		return answer_challenge(inquiry, response);
	case SIP_INTERVAL_TOO_BRIEF:
		return !inquiry->is_ending && lengthen(inquiry, response);
	default:
		return false;
	}
}

static void on_answer(void *arg, int result, struct sip_message *response)
{
	struct inquiry *inquiry = arg;
	unsigned status = response ? response->status : 0;
	inquiry->transaction = NULL;
	if (response && comply(inquiry, response))
		return;
	if (inquiry->is_ending) {
		inquiry_destroy(inquiry);
	} else if (status >= 200 && status < 300) {
		on_accepted(inquiry, response);
	} else if (status == SIP_NO_TRANSACTION && inquiry->has_dialog) {
		inquiry_queue(inquiry, true); /* it has forgotten us: it was restarted */
	} else if (response) {
		on_refused(inquiry, response);
	} else {
		voicemail_forget_address(inquiry->voicemail);
		log_failure(inquiry, 0, error_text(result));
		inquiry_retry(inquiry, 0);
	}
}
