/* The machine's addresses and free ports. SPDX-License-Identifier: MIT */
#include "program/addresses.h"

#include "base/slice.h"

#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define FREE_PORT_ATTEMPTS 32

static void add(struct addresses *addresses, const struct address *address)
{
	for (size_t i = 0; i < addresses->count; i++) {
		if (address_equal(&addresses->items[i], address))
			return;
	}
	if (addresses->count < ADDRESSES_MOST)
		addresses->items[addresses->count++] = *address;
}

static void add_text(struct addresses *addresses, const char *text)
{
	struct address address;
	if (address_parse_ip(slice_text(text), 0, &address))
		add(addresses, &address);
}

bool address_is_any(const struct address *address)
{
	static const uint8_t zero[16];
	return memcmp(address->ip, zero, sizeof(zero)) == 0;
}

bool address_is_loopback(const struct address *address)
{
	static const uint8_t loopback[16] = {[15] = 1};
	return address->family == ADDRESS_IPV4 ? address->ip[0] == 127 : memcmp(address->ip, loopback, 16) == 0;
}

static bool is_link_local(const struct address *address)
{
	return address->family == ADDRESS_IPV6 && address->ip[0] == 0xfe && (address->ip[1] & 0xc0) == 0x80;
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6};
	int descriptor = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return false;
	bool good = bind(descriptor, (const struct sockaddr *)&any, sizeof(any)) == 0;
	close(descriptor);
	return good;
}

void addresses_bind(const struct configuration *configuration, struct addresses *bind)
{
	bind->count = 0;
	for (size_t i = 0; i < configuration->bind.count; i++)
		add_text(bind, configuration->bind.items[i]);
	if (bind->count > 0)
		return;
	add_text(bind, "0.0.0.0");
	if (has_ipv6())
		add_text(bind, "::");
}

/* IPv4 first, loopback last: the order in which a name is chosen from them. */
static void add_interfaces(struct addresses *addresses, uint8_t family)
{
	struct ifaddrs *interfaces;
	if (getifaddrs(&interfaces) != 0)
		return;
	for (int loopback = 0; loopback <= 1; loopback++) {
		for (const struct ifaddrs *each = interfaces; each; each = each->ifa_next) {
			int system_family = family == ADDRESS_IPV4 ? AF_INET : AF_INET6;
			if (!each->ifa_addr || each->ifa_addr->sa_family != system_family ||
			    !(each->ifa_flags & IFF_UP))
				continue;
			struct address address = address_from_sockaddr(each->ifa_addr);
			address.port = 0;
			if (!is_link_local(&address) && address_is_loopback(&address) == (loopback == 1))
				add(addresses, &address);
		}
	}
	freeifaddrs(interfaces);
}

void addresses_reached(const struct addresses *bind, struct addresses *reached)
{
	reached->count = 0;
	for (size_t i = 0; i < bind->count; i++) {
		if (address_is_any(&bind->items[i]))
			add_interfaces(reached, bind->items[i].family);
		else
			add(reached, &bind->items[i]);
	}
}

struct slice addresses_domain(const struct configuration *configuration, char text[ADDRESSES_DOMAIN_SIZE])
{
	struct slice name = slice_text(configuration->domain);
	struct address chosen;
	if (slice_is_empty(name)) {
		struct addresses bind, reached;
		addresses_bind(configuration, &bind);
		addresses_reached(&bind, &reached);
		if (reached.count == 0)
			add_text(&reached, "127.0.0.1");
		chosen = reached.items[0];
		for (size_t i = reached.count; i-- > 0;) {
			if (!address_is_loopback(&reached.items[i]))
				chosen = reached.items[i];
		}
		return address_write_ip(&chosen, true, text);
	}
	/* the realm is compared byte by byte, so it has one form (an IPv6 address in brackets, as in a URI) */
	if (address_parse_ip(name, 0, &chosen))
		return address_write_ip(&chosen, true, text);
	size_t length = name.length < ADDRESSES_DOMAIN_SIZE - 1 ? name.length : ADDRESSES_DOMAIN_SIZE - 1;
	if (name.at[length - 1] == '.')
		length--;
	for (size_t i = 0; i < length; i++)
		text[i] = (char)tolower((unsigned char)name.at[i]);
	text[length] = '\0';
	return slice_of(text, length);
}

/* A socket bound to that address and port; -1 where that is taken. */
static int try_bind(const struct address *address, uint16_t port, int type)
{
	struct sockaddr_storage sockaddr;
	struct address with_port = *address;
	with_port.port = port;
	socklen_t length = address_to_sockaddr(&with_port, &sockaddr);
	int descriptor = socket(sockaddr.ss_family, type | SOCK_CLOEXEC, 0), one = 1;
	if (descriptor < 0)
		return -1;
	if (address->family == ADDRESS_IPV6)
		(void)setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(descriptor, (const struct sockaddr *)&sockaddr, length) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

static bool is_free(const struct addresses *bind, uint16_t port, int type, size_t first)
{
	for (size_t i = first; i < bind->count; i++) {
		int descriptor = try_bind(&bind->items[i], port, type);
		if (descriptor < 0)
			return false;
		close(descriptor);
	}
	return true;
}

uint16_t addresses_free_port(const struct addresses *bind, bool datagrams)
{
	for (int attempt = 0; attempt < FREE_PORT_ATTEMPTS && bind->count > 0; attempt++) {
		int descriptor = try_bind(&bind->items[0], 0, SOCK_STREAM);
		if (descriptor < 0)
			return 0;
		struct sockaddr_storage bound;
		socklen_t length = sizeof(bound);
		uint16_t port = 0;
		if (getsockname(descriptor, (struct sockaddr *)&bound, &length) == 0)
			port = address_from_sockaddr((const struct sockaddr *)&bound).port;
		bool good = port != 0 && is_free(bind, port, SOCK_STREAM, 1) &&
			    (!datagrams || is_free(bind, port, SOCK_DGRAM, 0));
		close(descriptor);
		if (good)
			return port;
	}
	return 0;
}
