/* Whether the response to a challenge proves that somebody is an account, and by what: its password, or the secret of
 * one of its sessions. One question, for SIP (core/authentication) and HTTP (core/http_digest).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"
#include "core/account.h"
#include "core/sessions.h"
#include "sip/digest.h"

#include <stdbool.h>

struct proof {
	bool is_right;
	struct session *session; /* that it is by; NULL: by the password */
};

/* `account` is NULL where there is none: then, and whenever the response is wrong, it takes as long as for an account
 * with all the sessions that it may have, so that time tells nobody which accounts exist, and how much they are used.
 * `sessions` may be NULL (there are none). Whoever takes the proof tells session_use. */
struct proof proof_find(const struct sessions *sessions, const struct account *account,
			const struct digest_credentials *credentials, struct slice method);
