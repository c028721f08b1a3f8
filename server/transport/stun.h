/* STUN binding requests on the SIP port (RFC 5389 §6, §7.3.1.1, RFC 5626 §3.5.2). Pure.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUN_ANSWER_SIZE 128

/* A SIP message never begins with a byte below 32 other than CR and LF; STUN always with 0 or 1. */
bool stun_is_stun(struct slice datagram);
/* Writes the answer with XOR-MAPPED-ADDRESS of `peer` (420 for unknown comprehension-required attributes);
 * returns its length, 0 where the datagram deserves none. */
size_t stun_answer(struct slice datagram, const struct address *peer, uint8_t answer[STUN_ANSWER_SIZE]);
