/* A dialog (RFC 3261 §12): what two ends have agreed to call their conversation, and where the other end is.
 *
 * It is small, because a server of presence holds hundreds of thousands: the texts stand in one block. It knows no
 * flow: whoever owns the dialog keeps the way back, because that may change with each request (and the server must not
 * care, RFC 5626). SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "sip/message.h"

#include <stdbool.h>
#include <stdint.h>

enum dialog_text {
	DIALOG_CALL_ID,
	DIALOG_LOCAL_TAG,
	DIALOG_REMOTE_TAG,
	DIALOG_LOCAL,  /* our URI */
	DIALOG_REMOTE, /* the other end's URI */
	DIALOG_TARGET, /* its Contact URI (the remote target) */
	DIALOG_ROUTES, /* the route set, "<…>, <…>"; empty: none */
	DIALOG_USAGE,  /* a text of the owner's: the id of Event */
	DIALOG_TEXT_COUNT
};

struct dialog {
	uint32_t local_cseq;  /* of our last request, 0: none yet */
	uint32_t remote_cseq; /* of the last request of the other end */
	uint16_t lengths[DIALOG_TEXT_COUNT];
	char *texts;
};

/* Copies the texts; the numbers are left as they are. ERR_NO_MEMORY; ERR_LIMIT: a text of 64 KiB. On failure the dialog
 * is as it was (a zeroed one is empty). */
MUST_CHECK int dialog_set(struct dialog *dialog, const struct slice texts[DIALOG_TEXT_COUNT]);
void dialog_finish(struct dialog *dialog);
struct slice dialog_text(const struct dialog *dialog, enum dialog_text which);
/* All of them, borrowed. */
void dialog_texts(const struct dialog *dialog, struct slice texts[DIALOG_TEXT_COUNT]);

/* What a request from the other end that begins a dialog says of it (§12.1.1): `texts` are slices into the message and
 * `arena` (the route set is combined there). `local_tag` is the tag of our answer. ERR_SYNTAX: no Contact, or one that
 * cannot be read or is no SIP URI, or such a Record-Route; ERR_NO_MEMORY. */
MUST_CHECK int dialog_read(struct sip_message *message, struct arena *arena, struct slice local_tag,
			   struct slice texts[DIALOG_TEXT_COUNT]);

/* Headers of a request in the dialog, in the order of §12.2.1.1: Route, From, To, Call-ID, CSeq (with local_cseq as it
 * is), Max-Forwards. */
void dialog_write(struct buffer *buffer, const struct dialog *dialog, struct slice method);
/* Its Request-URI: the remote target, or the first route where that is a strict router (§12.2.1.1). Borrowed. */
struct slice dialog_request_uri(const struct dialog *dialog);
