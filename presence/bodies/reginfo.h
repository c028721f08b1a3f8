/* Registration state documents (RFC 3680), with the GRUUs of RFC 5628. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"

#include <stdbool.h>
#include <stdint.h>

struct reginfo_contact {
	struct slice id, uri, display_name;
	struct slice event; /* registered, created, refreshed … (RFC 3680 §5.1) */
	bool is_active;     /* else terminated */
	struct slice call_id;
	uint32_t cseq;
	int64_t expires_s;        /* seconds left; negative: not said */
	int64_t registered_s;     /* duration-registered; negative: not said */
	uint16_t q;               /* thousandths */
	struct slice instance;    /* urn:uuid:…; empty: none */
	struct slice public_gruu; /* empty: none */
	struct slice user_agent;  /* as unknown-param? no: left out of the document; for the API */
};

/* One registration: the AOR of the target. */
struct reginfo {
	struct slice id;
	const struct reginfo_contact *contacts;
	size_t count;
};

extern const struct body_format reginfo_format; /* application/reginfo+xml, of struct reginfo; always full state */
