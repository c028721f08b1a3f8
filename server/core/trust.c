/* Networks and accounts that speak for others. SPDX-License-Identifier: MIT */
#include "core/trust.h"

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

struct network {
	struct address address;
	unsigned bits; /* how many of the address count */
};

struct trust {
	struct network *networks;
	size_t network_count;
	struct slice *accounts; /* the texts stand behind the array */
	size_t account_count;
};

static bool read_network(struct slice text, struct network *network)
{
	struct slice rest = text, ip = slice_take(&rest, '/');
	if (!address_parse_ip(ip, 0, &network->address))
		return false;
	unsigned most = network->address.family == ADDRESS_IPV4 ? 32 : 128;
	uint64_t bits = most;
	bool has_bits = ip.length < text.length;
	if (has_bits && !slice_to_number(rest, most, &bits))
		return false;
	network->bits = (unsigned)bits;
	return true;
}

bool trust_is_network(struct slice text)
{
	struct network network;
	return read_network(text, &network);
}

static bool copy_accounts(struct trust *trust, const struct slice *accounts, size_t count)
{
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += accounts[i].length;
	trust->accounts = malloc(count * sizeof *trust->accounts + bytes + 1);
	if (!trust->accounts)
		return false;
	char *at = (char *)(trust->accounts + count);
	for (size_t i = 0; i < count; i++) {
		if (accounts[i].length > 0)
			memcpy(at, accounts[i].at, accounts[i].length);
		trust->accounts[i] = slice_of(at, accounts[i].length);
		at += accounts[i].length;
	}
	trust->account_count = count;
	return true;
}

struct trust *trust_create(const struct slice *networks, size_t network_count, const struct slice *accounts,
			   size_t account_count)
{
	struct trust *trust = calloc(1, sizeof *trust);
	if (!trust)
		return NULL;
	trust->networks = calloc(network_count + 1, sizeof *trust->networks);
	if (!trust->networks || !copy_accounts(trust, accounts, account_count)) {
		trust_destroy(trust);
		return NULL;
	}
	for (size_t i = 0; i < network_count; i++)
		if (read_network(networks[i], &trust->networks[trust->network_count]))
			trust->network_count++;
	return trust;
}

void trust_destroy(struct trust *trust)
{
	if (!trust)
		return;
	free(trust->networks);
	free(trust->accounts);
	free(trust);
}

static bool is_within(const struct network *network, const struct address *address)
{
	if (network->address.family != address->family)
		return false;
	unsigned whole = network->bits / 8, rest = network->bits % 8;
	if (memcmp(network->address.ip, address->ip, whole) != 0)
		return false;
	uint8_t mask = (uint8_t)(0xff00u >> rest);
	return rest == 0 || ((network->address.ip[whole] ^ address->ip[whole]) & mask) == 0;
}

bool trust_has_address(const struct trust *trust, const struct address *address)
{
	for (size_t i = 0; trust && i < trust->network_count; i++)
		if (is_within(&trust->networks[i], address))
			return true;
	return false;
}

bool trust_has_account(const struct trust *trust, struct slice user)
{
	for (size_t i = 0; trust && i < trust->account_count; i++)
		if (slice_equal(trust->accounts[i], user))
			return true;
	return false;
}
