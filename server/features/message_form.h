/* A MESSAGE as a row, and the row as a MESSAGE again (RFC 3428): what is kept of it so that a device that returns gets
 * what the sender sent: From, To, Call-ID, CSeq, Date, every header that is not the transport's, and the untouched
 * body. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "features/plain_text.h"
#include "sip/message.h"
#include "storage/storage.h"

#include <stdbool.h>

/* Fills request_uri, from, to, call_id, cseq, headers, content_type and body of `row`, with slices into the message
 * and `arena`. A message without Date gets that of `received_at_ms`. ERR_NO_MEMORY. */
MUST_CHECK int message_form_keep(struct arena *arena, struct sip_message *message, int64_t received_at_ms,
				 struct stored_message *row);

/* The row's Content-Encoding; empty: none. */
struct slice message_form_encoding(const struct stored_message *row);
/* What the row's body carries. */
void message_form_read(const struct stored_message *row, struct message_text *content);

/* Everything behind our Via (client_request.rest). `plain` stands in for the row's content; NULL: as it is. `routes` is
 * the binding's Path, empty: none. */
void message_form_write(struct buffer *buffer, const struct stored_message *row, const struct message_text *plain,
			struct slice routes);

/* Typing notifications (RFC 3994), and what its sender gave no time to live (RFC 3428 §6), are never stored. */
bool message_form_is_fleeting(const struct sip_message *message);

/* What a device's answer means for a message that it was given in that shape; NULL: there was none. */
enum message_outcome {
	MESSAGE_TAKEN,     /* it has it */
	MESSAGE_REFUSED,   /* it will never take it */
	MESSAGE_NOT_TAKEN, /* it may be tried again */
	MESSAGE_UNWRAP     /* it may take the text alone */
};
enum message_outcome message_form_outcome(const struct sip_message *response, enum message_shape shape);
