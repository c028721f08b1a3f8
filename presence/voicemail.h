/* Voicemail servers as SIP knows them: their NOTIFYs to us, and our own subscriptions to them (RFC 6665 §4.1, as
 * subscriber). SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/dispatch.h"
#include "presence/events.h"
#include "presence/mailboxes.h"

struct voicemail;

struct voicemail_options {
	/* "sip:voicemail.example.test;transport=tcp": asked for the counts of every account that has a registered
	 * device or a watched lamp, by SUBSCRIBE sip:USER@…; empty: none. The host must be an IP address or a name that
	 * the system resolves. */
	struct slice server;
	struct slice user, password; /* for its challenges; empty: none */
	uint32_t expires_s;
	unsigned per_second; /* SUBSCRIBEs in a second */
};

/* Borrows all but the options. Subscriptions of ours are not kept over a restart: the voicemail server is asked anew,
 * and is told 481 where it goes on with old ones. NULL where memory is exhausted. */
struct voicemail *voicemail_create(struct events *events, struct mailboxes *mailboxes, uv_loop_t *loop,
				   const struct voicemail_options *options);
/* The loop has ended, the transactions are closed. */
void voicemail_destroy(struct voicemail *voicemail);
/* NOTIFYs are received from now on: the accounts that are there are asked for, paced. */
void voicemail_resume(struct voicemail *voicemail);

/* For the table of methods: NOTIFY. In a dialog of ours: its counts. Out of dialog and from a trusted sender
 * (request->is_trusted): the counts of the account or mailbox in its Request-URI, else in To, else in Message-Account.
 * Else 403 or 481, and nothing is changed. */
unsigned voicemail_handle_notify(void *arg, struct request *request);
/* For method_handler.is_known: a NOTIFY of a subscription of ours needs no password; one that only says so is answered
 * 481 here. */
enum acquaintance voicemail_knows(void *arg, struct request *request);

/* Whose mailboxes we ask for. */
void voicemail_device_returned(struct voicemail *voicemail, struct device *device);
void voicemail_flow_closed(struct voicemail *voicemail, const struct flow *flow);
void voicemail_describe(const struct voicemail *voicemail, struct buffer *buffer);
