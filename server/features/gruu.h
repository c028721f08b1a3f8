/* Globally routable user agent URIs (RFC 5627): one URI that reaches one device of a user.
 *
 * The public one names the instance: sip:alice@example.test;gr=urn:uuid:… The temporary one names nobody: its user
 * part is the account, the device and the registration's Call-ID encrypted under the server's key, so it needs no
 * table, survives a restart, and dies with the registration (§3.2). SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "core/account.h"
#include "core/domain.h"
#include "sip/uri.h"

#include <stdbool.h>

#define GRUU_KEY_SIZE 16

struct gruus;

/* NULL where memory is exhausted or OpenSSL has no AES-GCM. */
struct gruus *gruus_create(const struct domain *domain, const uint8_t key[GRUU_KEY_SIZE]);
void gruus_destroy(struct gruus *gruus);

/* `;pub-gruu="…";temp-gruu="…"` for the Contact of a 200 to REGISTER (§5.3). */
void gruu_write_parameters(struct gruus *gruus, struct buffer *buffer, const struct account *account,
			   const struct binding *binding);

/* What a Request-URI with a `gr` parameter means. `user` is the plain user part, in `arena`. */
struct gruu_target {
	struct slice user;
	int64_t device_id;
	uint32_t call_id_mark; /* temporary: gruu_call_id_mark of the registration that it belongs to; public: 0 */
};
/* ERR_NOT_FOUND: it is no GRUU of ours; ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int gruu_resolve(struct gruus *gruus, struct arena *arena, const struct sip_uri *uri,
			    struct gruu_target *target);
uint32_t gruu_call_id_mark(struct slice call_id);
/* True where the URI has a gr parameter. */
bool gruu_is(const struct sip_uri *uri);
