/* Whom the administrator has named as speaking for others: voicemail servers and PBXes, by account or by address. They
 * may publish for anybody and set anybody's lamp. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct trust;

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32". */
bool trust_is_network(struct slice text);

/* Networks are checked by trust_is_network; accounts are plain user names. All copied. NULL where memory is exhausted.
 */
struct trust *trust_create(const struct slice *networks, size_t network_count, const struct slice *accounts,
			   size_t account_count);
void trust_destroy(struct trust *trust);

/* NULL trusts nobody. */
bool trust_has_address(const struct trust *trust, const struct address *address);
bool trust_has_account(const struct trust *trust, struct slice user);
