/* NOTIFY to us: in the dialogs of our own subscriptions, and out of dialog from voicemail servers that are trusted.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/events_state.h"
#include "presence/subscription_state.h"
#include "presence/voicemail_state.h"
#include "sip/status.h"

/* One that comes too early for a subscription to be asked for again waits at least so long. */
enum { ENDED_WAIT_S = 900 };

/* A NOTIFY whose counts are being committed; in the request's arena. */
struct telling {
	struct voicemail *voicemail;
	struct request *request;
	struct message_summary summary;
	struct slice mailboxes[3]; /* the first of them that there is, is meant */
	size_t count, next;
};

/* --- refusing ----------------------------------------------------------------------------------------------------- */

static unsigned refuse(struct voicemail *voicemail, struct request *request, unsigned status, const char *sentence)
{
	voicemail->refused++;
	request_refuse(request, status, "%s", sentence);
	return SIP_LATER;
}

/* RFC 6665 §4.1.3: the notifier ends what we do not know. */
static unsigned refuse_unknown(struct voicemail *voicemail, struct request *request)
{
	return refuse(voicemail, request, SIP_NO_TRANSACTION, "There is no such subscription");
}

static bool is_message_summary(const struct request *request)
{
	struct slice event = sip_message_value(&request->message, SIP_HEADER_EVENT);
	return slice_equal_nocase(slice_trim(slice_take(&event, ';')), slice_text(message_summary_package.name));
}

static unsigned refuse_event(struct voicemail *voicemail, struct request *request)
{
	voicemail->refused++;
	request_refuse_with(request, SIP_BAD_EVENT, SLICE("Allow-Events: message-summary\r\n"),
			    "Only message-summary can be told to this server");
	return SIP_LATER;
}

/* --- the body ----------------------------------------------------------------------------------------------------- */

static bool has_right_type(const struct request *request)
{
	struct sip_media_type type;
	return sip_media_type_parse(sip_message_value(&request->message, SIP_HEADER_CONTENT_TYPE), &type) == 0 &&
	       slice_equal_nocase(type.type, SLICE("application")) &&
	       slice_equal_nocase(type.subtype, SLICE("simple-message-summary"));
}

/* False: it has been refused. */
static bool read_body(struct voicemail *voicemail, struct request *request, struct message_summary *summary)
{
	struct body_error error;
	if (!has_right_type(request)) {
		voicemail->refused++;
		request_refuse_with(request, SIP_UNSUPPORTED_MEDIA_TYPE,
				    SLICE("Accept: application/simple-message-summary\r\n"),
				    "Counts come as application/simple-message-summary");
		return false;
	}
	if (message_summary_parse(request->message.body, summary, &error) == 0)
		return true;
	(void)refuse(voicemail, request, SIP_BAD_REQUEST, error.sentence);
	return false;
}

/* --- telling the mailbox ------------------------------------------------------------------------------------------ */

static void tell_next(struct telling *telling);

static void on_told(void *arg, int result)
{
	struct telling *telling = arg;
	struct voicemail *voicemail = telling->voicemail;
	if (result == 0) {
		voicemail->notified++;
		request_reply(telling->request, SIP_OK, NULL);
	} else if (result == ERR_NOT_FOUND) {
		telling->next++;
		tell_next(telling);
	} else {
		voicemail->refused++;
		request_refuse_with(telling->request, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
				    "The counts cannot be kept now: %s", error_text(result));
	}
}

static void tell_next(struct telling *telling)
{
	if (telling->next == telling->count)
		(void)refuse(telling->voicemail, telling->request, SIP_NOT_FOUND,
			     "The NOTIFY names neither an account nor a mailbox of this server");
	else
		mailbox_update(telling->voicemail->mailboxes, telling->mailboxes[telling->next], &telling->summary,
			       on_told, telling);
}

static struct telling *begin_telling(struct voicemail *voicemail, struct request *request)
{
	struct telling *telling = arena_allocate_zeroed(&request->arena, 1, sizeof *telling);
	if (!telling) {
		(void)refuse(voicemail, request, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
		return NULL;
	}
	telling->voicemail = voicemail;
	telling->request = request;
	return telling;
}

/* --- in a dialog of ours ------------------------------------------------------------------------------------------ */

/* RFC 6665 §4.4.1: the first NOTIFY makes the dialog. */
static int take_dialog(struct inquiry *inquiry, struct request *request)
{
	struct slice texts[DIALOG_TEXT_COUNT];
	int result = dialog_read(&request->message, &request->arena, slice_text(inquiry->tag), texts);
	if (result == 0)
		result = dialog_set(&inquiry->dialog, texts);
	inquiry->has_dialog = result == 0;
	return result;
}

static struct inquiry *find_by_dialog(struct voicemail *voicemail, struct request *request)
{
	struct sip_message *message = &request->message;
	struct inquiry *inquiry = inquiry_find_call(voicemail, sip_message_call_id(message));
	struct slice remote_tag = sip_tag(sip_message_from(message));
	bool is_it =
		inquiry && slice_equal(sip_tag(sip_message_to(message)), slice_text(inquiry->tag)) &&
		(!inquiry->has_dialog || slice_equal(dialog_text(&inquiry->dialog, DIALOG_REMOTE_TAG), remote_tag));
	return is_it ? inquiry : NULL;
}

/* The subscription that it is in, or NULL: refused. */
static struct inquiry *find_inquiry(struct voicemail *voicemail, struct request *request)
{
	struct sip_message *message = &request->message;
	struct inquiry *inquiry = find_by_dialog(voicemail, request);
	if (!inquiry) {
		(void)refuse_unknown(voicemail, request);
		return NULL;
	}
	if (!is_message_summary(request)) {
		(void)refuse_event(voicemail, request);
		return NULL;
	}
	/* RFC 3261 §12.2.2 */
	if (inquiry->has_dialog && sip_message_cseq(message)->number <= inquiry->dialog.remote_cseq) {
		(void)refuse(voicemail, request, SIP_INTERNAL_ERROR, "A later NOTIFY was received before");
		return NULL;
	}
	if (!inquiry->has_dialog) {
		int result = take_dialog(inquiry, request);
		if (result != 0) {
			(void)refuse(voicemail, request, result == ERR_SYNTAX ? SIP_BAD_REQUEST : SIP_INTERNAL_ERROR,
				     result == ERR_SYNTAX ? "There is no Contact that can be read"
							  : error_text(result));
			return NULL;
		}
	}
	return inquiry;
}

/* RFC 6665 §4.1.3 */
static void follow_state(struct inquiry *inquiry, const struct subscription_state_value *state)
{
	uint32_t expires_s = state->has_expires ? state->expires_s : inquiry->granted_s;
	if (inquiry->is_ending)
		return; /* the answer to our SUBSCRIBE ends it */
	switch (state->end) {
	case SUBSCRIPTION_GOES_ON:
		/* An answer that is to come says how long it holds. */
		if (inquiry->state == INQUIRY_CONFIRMING ||
		    (inquiry->state == INQUIRY_ACTIVE && state->has_expires && expires_s > 0))
			inquiry_granted(inquiry, expires_s > 0 ? expires_s : 1);
		break;
	case SUBSCRIPTION_ASK_AT_ONCE:
		/* A server that ends each at once would be asked for ever. */
		if (inquiry->state == INQUIRY_ACTIVE)
			inquiry_queue(inquiry, true);
		else
			inquiry_retry(inquiry, 0);
		break;
	case SUBSCRIPTION_ASK_LATER:
		inquiry_retry(inquiry, state->retry_after_s);
		break;
	case SUBSCRIPTION_ASK_NO_MORE:
		inquiry_retry(inquiry, ENDED_WAIT_S);
		break;
	}
}

static unsigned handle_in_dialog(struct voicemail *voicemail, struct request *request)
{
	struct inquiry *inquiry = find_inquiry(voicemail, request);
	if (!inquiry)
		return SIP_LATER;
	struct subscription_state_value state;
	if (subscription_state_parse(sip_message_value(&request->message, SIP_HEADER_SUBSCRIPTION_STATE), &state) != 0)
		return refuse(voicemail, request, SIP_BAD_REQUEST, "Subscription-State is missing or cannot be read");
	bool has_body = request->message.body.length > 0;
	struct telling *telling = has_body ? begin_telling(voicemail, request) : NULL;
	if (has_body && (!telling || !read_body(voicemail, request, &telling->summary)))
		return SIP_LATER;
	inquiry->dialog.remote_cseq = sip_message_cseq(&request->message)->number;
	if (!has_body) { /* pending, or the last one */
		follow_state(inquiry, &state);
		return SIP_OK;
	}
	int result = arena_copy(&request->arena, inquiry_user(inquiry), &telling->mailboxes[telling->count++]);
	follow_state(inquiry, &state);
	if (result != 0)
		return refuse(voicemail, request, SIP_INTERNAL_ERROR, error_text(result));
	tell_next(telling);
	return SIP_LATER;
}

/* --- out of dialog ------------------------------------------------------------------------------------------------ */

static void add_mailbox(struct telling *telling, const struct sip_uri *uri)
{
	struct slice user;
	if (!uri || !uri->has_user || sip_unescape(&telling->request->arena, uri->user, &user) != 0 ||
	    mailboxes_is_own_number(telling->voicemail->mailboxes, user))
		return; /* "*97" is everybody's */
	for (size_t i = 0; i < telling->count; i++)
		if (slice_equal(telling->mailboxes[i], user))
			return;
	telling->mailboxes[telling->count++] = user;
}

/* Whose it may be, the most likely first: voicemail servers address an account as a phone would be (Request-URI), or
 * us, and say in To or in Message-Account whose mailbox it is. */
static void find_mailboxes(struct telling *telling)
{
	struct sip_message *message = &telling->request->message;
	struct sip_name_address account;
	add_mailbox(telling, sip_message_request_uri(message));
	add_mailbox(telling, &sip_message_to(message)->uri);
	if (!slice_is_empty(telling->summary.account) &&
	    sip_name_address_parse(telling->summary.account, &account) == 0)
		add_mailbox(telling, &account.uri);
}

static unsigned handle_out_of_dialog(struct voicemail *voicemail, struct request *request)
{
	if (!request->is_trusted)
		return refuse(voicemail, request, SIP_FORBIDDEN,
			      "Only servers that are trusted may tell what waits in mailboxes");
	if (!is_message_summary(request))
		return refuse_event(voicemail, request);
	struct telling *telling = begin_telling(voicemail, request);
	if (!telling || !read_body(voicemail, request, &telling->summary))
		return SIP_LATER;
	find_mailboxes(telling);
	tell_next(telling);
	return SIP_LATER;
}

static bool is_in_dialog(struct request *request)
{
	const struct sip_name_address *to = sip_message_to(&request->message);
	return to && !slice_is_empty(sip_tag(to));
}

enum acquaintance voicemail_knows(void *arg, struct request *request)
{
	if (!is_in_dialog(request))
		return STRANGER;
	if (find_by_dialog(arg, request))
		return KNOWN;
	(void)refuse_unknown(arg, request);
	return TURNED_AWAY;
}

unsigned voicemail_handle_notify(void *arg, struct request *request)
{
	return is_in_dialog(request) ? handle_in_dialog(arg, request) : handle_out_of_dialog(arg, request);
}
