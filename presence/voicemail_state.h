/* What the files of the voicemail share: our subscriptions to the voicemail server.
 *
 *   QUEUED ──its turn──▶ ASKING ──2xx──▶ CONFIRMING ──NOTIFY──▶ ACTIVE ──before it ends──▶ QUEUED
 *     ▲                     │                │ none comes                │ terminated
 *     └────── WAITING ◀─────┴────────────────┴───────────────────────────┘
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/list.h"
#include "base/table.h"
#include "presence/pace.h"
#include "presence/voicemail.h"
#include "sip/challenge.h"
#include "transaction/dialog.h"

enum { INQUIRY_TOKEN = 24 };

enum inquiry_state { INQUIRY_QUEUED, INQUIRY_ASKING, INQUIRY_CONFIRMING, INQUIRY_ACTIVE, INQUIRY_WAITING };

/* A subscription of ours to what waits for one account. */
struct inquiry {
	struct table_link by_user, by_call_id;
	struct list_link due; /* in voicemail.due, while QUEUED */
	struct voicemail *voicemail;
	struct client_transaction *transaction;
	struct timer timer;   /* of the refresh, of the first NOTIFY, or of the next attempt */
	struct dialog dialog; /* from its first NOTIFY (RFC 6665 §4.4.1) */
	struct flow flow;
	uint32_t granted_s;
	unsigned wait_s;     /* the last back-off */
	uint8_t state;       /* enum inquiry_state */
	uint8_t credentials; /* attempts with them since it was its turn */
	bool has_dialog;
	bool is_ending; /* nobody wants to know any more: Expires 0 is on its way */
	char call_id[INQUIRY_TOKEN + 1], tag[INQUIRY_TOKEN + 1];
	uint16_t user_length;
	char user[];
};

static inline struct slice inquiry_user(const struct inquiry *inquiry)
{
	return slice_of(inquiry->user, inquiry->user_length);
}

struct resolution; /* a name being looked up */

struct voicemail {
	struct events *events;
	const struct events_parts *parts;
	struct mailboxes *mailboxes;
	uv_loop_t *loop;
	char *option_texts;
	struct voicemail_options options;
	/* where the server is */
	bool has_server, has_name;
	struct slice host; /* as a URI has it */
	uint16_t port;     /* 0: not said */
	enum transport_kind kind;
	struct address address; /* family ADDRESS_NONE: not looked up yet */
	struct resolution *resolution;
	struct flow flow; /* the last one */
	/* what it wants to know of us */
	char *challenge_text;
	struct digest_challenge challenge; /* slices into it */
	uint32_t nonce_count;
	bool is_proxy; /* a proxy before the server has asked (407) */
	/* what we ask */
	bool is_running; /* voicemail_resume */
	uint32_t expires_s;
	struct table by_user, by_call_id;
	struct list_link due;
	struct timer turn;
	struct pace pace;
	struct buffer scratch;
	struct log_rate failure_rate;
	uint64_t asked, failed, notified, refused;
	unsigned active;
};

/* --- voicemail_inquiry.c --- */

struct inquiry *inquiry_find(const struct voicemail *voicemail, struct slice user);
struct inquiry *inquiry_find_call(const struct voicemail *voicemail, struct slice call_id);
/* Asks for that user, where it is not done yet. */
void inquiry_begin(struct voicemail *voicemail, struct slice user);
void inquiry_destroy(struct inquiry *inquiry);
void inquiry_set_state(struct inquiry *inquiry, enum inquiry_state state);
/* It is asked (again) in its turn; `is_anew`: in a new dialog. */
void inquiry_queue(struct inquiry *inquiry, bool is_anew);
/* It is asked again in a new dialog, after a back-off, or after `least_s` where that is longer. */
void inquiry_retry(struct inquiry *inquiry, uint32_t least_s);
/* It holds for so long from now: it is refreshed in time. */
void inquiry_granted(struct inquiry *inquiry, uint32_t expires_s);
/* Somebody wants to know: a device is registered, or the lamp is watched. */
bool inquiry_is_wanted(const struct inquiry *inquiry);

/* --- voicemail_subscribe.c --- */

/* Sends the SUBSCRIBE; failures are dealt with. */
void inquiry_send(struct inquiry *inquiry);

/* --- voicemail_server.c --- */

/* Reads options.server; false where it cannot be read. */
bool voicemail_read_server(struct voicemail *voicemail);
/* True where the address is known; else it is being looked up, and voicemail_wake is called when it is. */
bool voicemail_has_address(struct voicemail *voicemail);
/* The server did not answer: its name may mean another address by now. */
void voicemail_forget_address(struct voicemail *voicemail);
/* ERR_UNREACHABLE, and what transport_open says. */
MUST_CHECK int voicemail_open_flow(struct voicemail *voicemail, struct flow *flow);
void voicemail_forget_resolution(struct voicemail *voicemail);
/* Turns go on. */
void voicemail_wake(struct voicemail *voicemail);
