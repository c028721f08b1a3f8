/* For the writers of this layer: what is left as it was is copied in runs. Neighbouring pieces of a message are one
 * append, so a forwarded request costs a handful of copies however many headers it has.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "sip/message.h"

#include <stdbool.h>

/* Pieces of one message that follow each other in memory, not yet appended. run_flush before anything else is
 * written to the buffer. */
struct run {
	struct buffer *buffer;
	struct slice pending;
};

void run_flush(struct run *run);
void run_add(struct run *run, struct slice piece);
/* The whole line, as it stood. */
void run_add_header(struct run *run, const struct sip_header *header);
/* The first header with that id, where there is one. */
void run_add_first(struct run *run, const struct sip_message *message, enum sip_header_id id);
/* The header with those of its values that are still in `rest`; nothing where there are none. */
void run_add_values(struct run *run, const struct sip_header *header, struct slice rest);
/* A Via header; true where it held a value, which was then the topmost: it is stamped with received and rport of
 * `source`; NULL, or a value that cannot be read: it is left alone. */
bool run_add_topmost_via(struct run *run, const struct sip_message *message, const struct sip_header *header,
			 const struct address *source);
