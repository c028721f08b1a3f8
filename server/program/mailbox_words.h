/* Counts of a mailbox as an administrator writes and reads them: voice=3/1 fax=0/2 voice-urgent=1/0.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "bodies/message_summary.h"

/* CLASS=NEW/OLD or CLASS=NEW; CLASS-urgent says how many of them are urgent. Returns NULL, or what is wrong with it,
 * and the summary is as it was. */
MUST_CHECK const char *mailbox_word_read(struct slice word, struct message_summary *summary);
/* When all words were read: what they contradict, or NULL; says whether messages are waiting. */
MUST_CHECK const char *mailbox_words_end(struct message_summary *summary);

/* "voice 3/1 (1/0), fax 0/2"; "voice 0/0" where nothing is there. */
void mailbox_words_write(struct buffer *buffer, const struct message_summary *summary);
