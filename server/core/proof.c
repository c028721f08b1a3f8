/* The password first: most have no sessions. SPDX-License-Identifier: MIT */
#include "core/proof.h"

static const uint8_t *choose(const struct digest_credentials *credentials, const uint8_t *md5, const uint8_t *sha256)
{
	return credentials->algorithm == DIGEST_SHA256 ? sha256 : md5;
}

struct proof proof_find(const struct sessions *sessions, const struct account *account,
			const struct digest_credentials *credentials, struct slice method)
{
	static const uint8_t nobody[DIGEST_MOST_BYTES];
	struct proof proof = {.is_right = false};
	struct digest_check check;
	unsigned asked = 0;
	digest_check_begin(&check, credentials, method);
	if (account) {
		proof.is_right = digest_check_is(&check, choose(credentials, account->ha1_md5, account->ha1_sha256));
		asked++;
	}
	for (struct session *each = account ? account->sessions : NULL; each && !proof.is_right; each = each->next) {
		if (!session_is_living(each))
			continue;
		proof.is_right = digest_check_is(&check, choose(credentials, each->ha1_md5, each->ha1_sha256));
		proof.session = proof.is_right ? each : NULL;
		asked++;
	}
	for (; !proof.is_right && asked <= sessions_most(sessions); asked++)
		(void)digest_check_is(&check, nobody);
	digest_check_end(&check);
	return proof;
}
