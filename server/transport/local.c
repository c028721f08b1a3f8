/* What the kernel knows of our addresses, remembered for a while. SPDX-License-Identifier: MIT */
#include "transport/local.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* Interfaces come and go (DHCP, VPN): what was learned is asked again after this. */
#define REFRESH_MS 30000
#define ROUTE_COUNT 256

/* Which of our addresses packets to one neighbourhood leave from: an IPv4 /24 or an IPv6 /64. */
struct route {
	struct address towards, source;
	int64_t learned_at_ms;
};

struct local_addresses {
	struct address *addresses;
	size_t count;
	int64_t learned_at_ms;
	bool learned;
	struct route routes[ROUTE_COUNT];
};

struct local_addresses *local_create(void)
{
	return calloc(1, sizeof(struct local_addresses));
}

void local_destroy(struct local_addresses *local)
{
	if (!local)
		return;
	free(local->addresses);
	free(local);
}

static void learn(struct local_addresses *local)
{
	uv_interface_address_t *interfaces;
	int count;
	/* On failure what was learned before stays good until the next try. */
	if (uv_interface_addresses(&interfaces, &count) < 0)
		return;
	struct address *addresses = count > 0 ? calloc((size_t)count, sizeof *addresses) : NULL;
	if (addresses) {
		for (int i = 0; i < count; i++)
			addresses[i] = address_from_sockaddr((const struct sockaddr *)&interfaces[i].address);
		free(local->addresses);
		local->addresses = addresses;
		local->count = (size_t)count;
	}
	uv_free_interface_addresses(interfaces, count);
}

static bool is_loopback(const struct address *ip)
{
	static const uint8_t loopback[16] = {[15] = 1};
	if (ip->family == ADDRESS_IPV4)
		return ip->ip[0] == 127;
	return ip->family == ADDRESS_IPV6 && memcmp(ip->ip, loopback, sizeof loopback) == 0;
}

static void refresh(struct local_addresses *local, int64_t now_ms)
{
	if (local->learned && now_ms - local->learned_at_ms <= REFRESH_MS)
		return;
	local->learned = true;
	local->learned_at_ms = now_ms;
	learn(local);
}

bool local_has(struct local_addresses *local, int64_t now_ms, const struct address *ip)
{
	if (is_loopback(ip))
		return true;
	refresh(local, now_ms);
	/* Without the zone: a Request-URI does not name one. */
	for (size_t i = 0; i < local->count; i++)
		if (local->addresses[i].family == ip->family && memcmp(local->addresses[i].ip, ip->ip, 16) == 0)
			return true;
	return false;
}

/* Connecting a UDP socket sends nothing; it makes the kernel choose the route and with it our address. */
static struct address ask_kernel(const struct address *peer)
{
	struct address source = {.family = ADDRESS_NONE};
	struct sockaddr_storage sockaddr;
	struct address target = *peer;
	if (target.port == 0)
		target.port = 5060;
	socklen_t length = address_to_sockaddr(&target, &sockaddr);
	if (length == 0)
		return source;
	int descriptor = socket(sockaddr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return source;
	if (connect(descriptor, (struct sockaddr *)&sockaddr, length) == 0) {
		length = sizeof sockaddr;
		if (getsockname(descriptor, (struct sockaddr *)&sockaddr, &length) == 0)
			source = address_from_sockaddr((struct sockaddr *)&sockaddr);
	}
	close(descriptor);
	source.port = 0;
	return source;
}

static bool is_link_local(const struct address *ip)
{
	return ip->family == ADDRESS_IPV6 && ip->ip[0] == 0xfe && (ip->ip[1] & 0xc0) == 0x80;
}

/* For a peer that no route leads to: the machine's first address of that family, loopback where there is none. */
static struct address first_address(struct local_addresses *local, int64_t now_ms, uint8_t family)
{
	refresh(local, now_ms);
	for (size_t i = 0; i < local->count; i++) {
		const struct address *address = &local->addresses[i];
		if (address->family == family && !is_loopback(address) && !is_link_local(address))
			return *address;
	}
	struct address loopback = {.ip = {127, 0, 0, 1}, .family = family};
	if (family == ADDRESS_IPV6)
		loopback = (struct address){.ip = {[15] = 1}, .family = family};
	return loopback;
}

/* The first two words of an IP say which of the remembered routes it shares. */
static size_t route_index(const struct address *towards)
{
	uint64_t prefix;
	memcpy(&prefix, towards->ip, sizeof prefix);
	return (size_t)((prefix * 0x9E3779B97F4A7C15u) >> 56) % ROUTE_COUNT;
}

struct address local_towards(struct local_addresses *local, int64_t now_ms, const struct address *peer)
{
	struct address towards = {.family = peer->family, .scope = peer->scope};
	memcpy(towards.ip, peer->ip, peer->family == ADDRESS_IPV6 ? 8 : 3);
	struct route *route = &local->routes[route_index(&towards)];
	bool known = route->source.family != ADDRESS_NONE && address_equal(&route->towards, &towards);
	if (!known || now_ms - route->learned_at_ms > REFRESH_MS) {
		*route = (struct route){.towards = towards, .source = ask_kernel(peer), .learned_at_ms = now_ms};
		if (route->source.family == ADDRESS_NONE)
			route->source = first_address(local, now_ms, peer->family);
	}
	return route->source;
}
