/* TLS for streams (RFC 5246, 8446) with OpenSSL: bytes in, bytes out, no sockets in here.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct tls; /* the contexts of one node */
struct tls_session;

/* NULL where memory is exhausted. */
struct tls *tls_create(void);
void tls_destroy(struct tls *tls);
/* Loads what new connections shall use (see transport_set_tls). Files may be NULL: no certificate of our own;
 * the system's trust store. On ERR_TLS the old ones stay and `error` has the sentence. */
MUST_CHECK int tls_load(struct tls *tls, const char *certificate_file, const char *key_file, const char *trusted_file,
			char *error, size_t error_size);
/* NULL where none is loaded. */
const char *tls_certificate_file(const struct tls *tls);
const char *tls_key_file(const struct tls *tls);

/* A session as server, or as client of `host`: its name is sent (SNI) and must be the certificate's (RFC 5922 §7.1);
 * empty: nothing is verified. What must go to the peer is appended to `output`, the owner's. ERR_NO_MEMORY, ERR_TLS. */
MUST_CHECK int tls_session_create(struct tls *tls, bool server, struct slice host, struct buffer *output,
				  struct tls_session **session);
void tls_session_destroy(struct tls_session *session);
/* Gives it bytes from the peer; they are borrowed until tls_handshake and tls_read have used them up, which they do
 * when called until ERR_INCOMPLETE. */
void tls_session_input(struct tls_session *session, struct slice bytes);
/* 0: done; ERR_INCOMPLETE: more bytes are needed; ERR_TLS. */
MUST_CHECK int tls_handshake(struct tls_session *session);
/* Deciphers up to `size` bytes. ERR_INCOMPLETE: more are needed; ERR_CLOSED: the peer's close_notify; ERR_TLS. */
MUST_CHECK int tls_read(struct tls_session *session, char *plain, size_t size, size_t *length);
/* Enciphers all of it. ERR_TLS. */
MUST_CHECK int tls_write(struct tls_session *session, struct slice plain);
/* Writes close_notify. */
void tls_shutdown(struct tls_session *session);
/* What went wrong last, for the log. */
const char *tls_reason(const struct tls_session *session);
