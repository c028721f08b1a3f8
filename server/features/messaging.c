/* The way in: whom the MESSAGE is for, whether it was here before, and whether its receiver exists.
 * SPDX-License-Identifier: MIT */
#include "features/messaging.h"

#include "base/error.h"
#include "base/random.h"
#include "core/clock.h"
#include "features/delivery.h"

#include <stdio.h>
#include <stdlib.h>

enum { SCRATCH_BYTES = 1024 * 1024, OWN_MESSAGE_BYTES = 64 * 1024, OWN_TEXT_MOST = 16 * 1024 };

/* --- telling what has changed --------------------------------------------------------------------------------- */

/* Both are AORs; who is not of our domain has no account here. */
static void announce(struct messaging *messaging, struct slice whose, struct slice peer)
{
	struct slice domain = domain_name(messaging->parts.domain);
	if (!slice_ends_with(whose, domain))
		return;
	struct slice user = slice_of(whose.at, whose.length - domain.length);
	if (slice_ends_with(user, SLICE("@")))
		messaging->on_changed(messaging->on_changed_arg, slice_of(user.at, user.length - 1), peer);
}

/* Of the sender's conversation with that account, and where `is_stored` of the receiver's with him. */
static void announce_message(struct messaging *messaging, struct slice sender, const struct account *receiver,
			     bool is_stored)
{
	struct buffer *aor = &messaging->scratch;
	if (!messaging->on_changed)
		return;
	buffer_clear(aor);
	buffer_append(aor, account_user(receiver));
	buffer_byte(aor, '@');
	buffer_append(aor, domain_name(messaging->parts.domain));
	if (buffer_failed(aor))
		return;
	announce(messaging, sender, buffer_slice(aor));
	if (is_stored)
		announce(messaging, buffer_slice(aor), sender);
}

void messaging_announce_stored(struct messaging *messaging, struct slice sender, const struct account *receiver)
{
	announce_message(messaging, sender, receiver, true);
}

static void on_taken(void *arg, const struct account *receiver, struct slice sender)
{
	announce_message(arg, sender, receiver, false);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct messaging *messaging_create(const struct messaging_parts *parts, const struct messaging_options *options)
{
	struct messaging *messaging = calloc(1, sizeof *messaging);
	if (!messaging)
		return NULL;
	messaging->parts = *parts;
	messaging->options = *options;
	messaging->history_rate = (struct log_rate){.burst = 1, .interval_ms = 10000};
	list_init(&messaging->deliveries);
	buffer_init(&messaging->scratch, SCRATCH_BYTES);
	outboxes_on_taken(parts->outboxes, on_taken, messaging);
	return messaging;
}

void messaging_destroy(struct messaging *messaging)
{
	if (!messaging)
		return;
	outboxes_on_taken(messaging->parts.outboxes, NULL, NULL);
	delivery_destroy_all(messaging);
	buffer_finish(&messaging->scratch);
	free(messaging);
}

void messaging_set_options(struct messaging *messaging, const struct messaging_options *options)
{
	messaging->options = *options;
}

void messaging_on_changed(struct messaging *messaging, messaging_changed_fn *on_changed, void *arg)
{
	messaging->on_changed = on_changed;
	messaging->on_changed_arg = arg;
}

const struct messaging_counters *messaging_counters(const struct messaging *messaging)
{
	return &messaging->counters;
}

int messaging_write_aor(const struct messaging *messaging, struct arena *arena, struct slice user, struct slice *aor)
{
	struct slice domain = domain_name(messaging->parts.domain);
	char *text = arena_allocate(arena, user.length + 1 + domain.length);
	if (!text)
		return ERR_NO_MEMORY;
	memcpy(text, user.at, user.length);
	text[user.length] = '@';
	memcpy(text + user.length + 1, domain.at, domain.length);
	*aor = slice_of(text, user.length + 1 + domain.length);
	return 0;
}

/* --- messages of users ---------------------------------------------------------------------------------------------
 */

/* An order, its Call-ID mark of a temporary GRUU, and the look-up of its receiver. */
struct addressed {
	struct messaging *messaging;
	struct delivery_order order;
	struct slice user;
	uint32_t call_id_mark;
	struct arena arena; /* of our own message */
};

/* RFC 5627 §3.2: a temporary GRUU ends with the registration that it was given for. */
static bool gruu_is_alive(const struct addressed *addressed, const struct account *account)
{
	if (addressed->order.only_device == 0)
		return true;
	const struct device *device = account_find_device(account, addressed->order.only_device);
	if (!device || addressed->call_id_mark == 0)
		return device != NULL;
	for (const struct binding *binding = device->bindings; binding; binding = binding->next)
		if (gruu_call_id_mark(binding_text(binding, BINDING_CALL_ID)) == addressed->call_id_mark)
			return true;
	return false;
}

static void refuse(struct addressed *addressed, unsigned status, struct slice headers, const char *sentence)
{
	struct arena own = addressed->arena;
	bool is_own = addressed->order.arena != NULL;
	addressed->messaging->counters.refused++;
	delivery_refuse(&addressed->order, status, headers, sentence);
	if (is_own)
		arena_finish(&own);
}

static void deliver(struct addressed *addressed, struct account *account)
{
	struct messaging *messaging = addressed->messaging;
	struct delivery_order *order = &addressed->order;
	if (!gruu_is_alive(addressed, account)) {
		refuse(addressed, SIP_NOT_FOUND, (struct slice){0}, "There is no such device");
		return;
	}
	unsigned status =
		recognition_find(messaging->parts.recognition, account->id, order->sender,
				 sip_message_call_id(order->message), sip_message_cseq(order->message)->number);
	if (status != 0 && order->request) {
		messaging->counters.recognised++;
		request_reply(order->request, status, NULL);
		return;
	}
	order->receiver = account;
	struct delivery_order ready = *order;
	struct arena own = addressed->arena;
	if (ready.arena)
		ready.arena = &own;
	delivery_start(messaging, &ready);
}

static void on_receiver_loaded(void *arg, int result, struct account *account)
{
	struct addressed *addressed = arg;
	if (result == 0)
		deliver(addressed, account);
	else if (result == ERR_NOT_FOUND)
		refuse(addressed, SIP_NOT_FOUND, (struct slice){0}, "There is no such account");
	else
		refuse(addressed, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
		       "The receiver cannot be looked up now");
}

static void find_receiver(struct addressed *addressed)
{
	struct accounts *accounts = addressed->messaging->parts.accounts;
	struct account *account = accounts_find(accounts, addressed->user);
	if (account && account->knows_devices)
		deliver(addressed, account);
	else
		accounts_load(accounts, addressed->user, on_receiver_loaded, addressed);
}

unsigned messaging_handle(void *arg, struct request *request)
{
	struct messaging *messaging = arg;
	if (request->message.body.length > messaging->options.body_bytes) {
		messaging->counters.refused++;
		request_refuse(request, SIP_ENTITY_TOO_LARGE, "The body of a message has at most %zu bytes here",
			       messaging->options.body_bytes);
		return SIP_LATER;
	}
	struct addressed *addressed = arena_allocate_zeroed(&request->arena, 1, sizeof *addressed);
	if (!addressed)
		return SIP_INTERNAL_ERROR;
	addressed->messaging = messaging;
	addressed->order = (struct delivery_order){
		.request = request,
		.message = &request->message,
		.sender_id = request->sender->id,
	};
	const struct sip_uri *uri = sip_message_request_uri(&request->message);
	int result;
	if (gruu_is(uri)) {
		struct gruu_target target = {0};
		result = gruu_resolve(messaging->parts.gruus, &request->arena, uri, &target);
		addressed->user = target.user;
		addressed->order.only_device = target.device_id;
		addressed->call_id_mark = target.call_id_mark;
	} else {
		result = domain_user(messaging->parts.domain, &request->arena, uri, &addressed->user);
	}
	if (result == 0)
		result = messaging_write_aor(messaging, &request->arena, account_user(request->sender),
					     &addressed->order.sender);
	if (result != 0) {
		messaging->counters.refused++;
		request_refuse(request, result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_NOT_FOUND, "%s",
			       result == ERR_NO_MEMORY ? error_text(result)
						       : "The Request-URI names no user of this server");
		return SIP_LATER;
	}
	find_receiver(addressed);
	return SIP_LATER;
}

/* --- messages of our own -------------------------------------------------------------------------------------- */

static void write_address(struct buffer *buffer, const char *name, struct slice user, struct slice domain)
{
	buffer_text(buffer, name);
	buffer_text(buffer, ": <sip:");
	sip_uri_escape_user(buffer, user);
	buffer_byte(buffer, '@');
	buffer_append(buffer, domain);
	buffer_byte(buffer, '>');
}

static int compose(struct arena *arena, struct slice domain, struct slice from_user, struct slice to_user,
		   struct slice text, struct slice *bytes)
{
	char tag[17], call_id[25];
	random_token(tag, sizeof tag - 1);
	random_token(call_id, sizeof call_id - 1);
	struct buffer buffer;
	buffer_init(&buffer, OWN_MESSAGE_BYTES / 2);
	buffer_text(&buffer, "MESSAGE sip:");
	sip_uri_escape_user(&buffer, to_user);
	buffer_byte(&buffer, '@');
	buffer_append(&buffer, domain);
	buffer_text(&buffer, " SIP/2.0\r\n");
	write_address(&buffer, "From", from_user, domain);
	buffer_text(&buffer, ";tag=");
	buffer_text(&buffer, tag);
	write_address(&buffer, "\r\nTo", to_user, domain);
	buffer_text(&buffer, "\r\nCall-ID: ");
	buffer_text(&buffer, call_id);
	buffer_text(&buffer, "\r\nCSeq: 1 MESSAGE\r\nContent-Type: text/plain;charset=UTF-8\r\nContent-Length: ");
	buffer_number(&buffer, text.length);
	buffer_text(&buffer, "\r\n\r\n");
	buffer_append(&buffer, text);
	int result = buffer_failed(&buffer) ? ERR_LIMIT : arena_copy(arena, buffer_slice(&buffer), bytes);
	buffer_finish(&buffer);
	return result;
}

static void refuse_own(struct slice text, messaging_sent_fn *done, void *arg)
{
	char sentence[80];
	if (text.length <= OWN_TEXT_MOST) {
		done(arg, SIP_SERVICE_UNAVAILABLE, "There is no memory for it now");
		return;
	}
	(void)snprintf(sentence, sizeof sentence, "The text has more than %d bytes", OWN_TEXT_MOST);
	done(arg, SIP_ENTITY_TOO_LARGE, sentence);
}

/* Where the sender has an account, the message is one of his. */
static void on_sender_loaded(void *arg, int result, struct account *account)
{
	struct addressed *addressed = arg;
	if (result != 0 && result != ERR_NOT_FOUND) {
		refuse(addressed, SIP_SERVICE_UNAVAILABLE, SLICE(""), "The sender cannot be looked up now");
		return;
	}
	addressed->order.sender_id = result == 0 ? account->id : 0;
	find_receiver(addressed);
}

static void find_sender(struct addressed *addressed, struct slice user)
{
	struct accounts *accounts = addressed->messaging->parts.accounts;
	struct account *account = accounts_find(accounts, user);
	if (account)
		on_sender_loaded(addressed, 0, account);
	else
		accounts_load(accounts, user, on_sender_loaded, addressed);
}

void messaging_send_text(struct messaging *messaging, struct slice from_user, struct slice to_user, struct slice text,
			 messaging_sent_fn *done, void *arg)
{
	struct arena arena;
	arena_init(&arena, NULL, OWN_MESSAGE_BYTES);
	struct addressed *addressed = arena_allocate_zeroed(&arena, 1, sizeof *addressed);
	struct sip_message *message = arena_allocate_zeroed(&arena, 1, sizeof *message);
	struct sip_limits limits = {OWN_MESSAGE_BYTES, OWN_MESSAGE_BYTES, OWN_MESSAGE_BYTES, UINT8_MAX};
	struct sip_parse_error error;
	struct slice bytes, sender, user;
	if (!addressed || !message || text.length > OWN_TEXT_MOST ||
	    compose(&arena, domain_name(messaging->parts.domain), from_user, to_user, text, &bytes) != 0 ||
	    messaging_write_aor(messaging, &arena, from_user, &sender) != 0 ||
	    arena_copy(&arena, to_user, &user) != 0 ||
	    sip_message_parse(message, &arena, bytes, &limits, &error) != 0) {
		arena_finish(&arena);
		refuse_own(text, done, arg);
		return;
	}
	addressed->messaging = messaging;
	addressed->user = user;
	addressed->order =
		(struct delivery_order){.message = message, .on_sent = done, .on_sent_arg = arg, .sender = sender};
	addressed->arena = arena; /* it holds `addressed` itself; whoever ends copies it out first */
	addressed->order.arena = &addressed->arena;
	find_sender(addressed, slice_of(sender.at, from_user.length));
}
