/* Addresses: from and to the system's form, and as text. SPDX-License-Identifier: MIT */
#include "base/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct address from_ipv4(const struct in_addr *ip, uint16_t port)
{
	struct address address = {.family = ADDRESS_IPV4, .port = port};
	memcpy(address.ip, ip, sizeof(*ip));
	return address;
}

static struct address from_ipv6(const struct in6_addr *ip, uint16_t port, uint32_t scope)
{
	if (IN6_IS_ADDR_V4MAPPED(ip)) {
		struct in_addr ipv4;
		memcpy(&ipv4, ip->s6_addr + 12, sizeof(ipv4));
		return from_ipv4(&ipv4, port);
	}
	/* The kernel fills the scope only where it means something, but forged structs must not differ by it. */
	struct address address = {.family = ADDRESS_IPV6, .port = port};
	address.scope = IN6_IS_ADDR_LINKLOCAL(ip) ? scope : 0;
	memcpy(address.ip, ip, sizeof(*ip));
	return address;
}

struct address address_from_sockaddr(const struct sockaddr *sockaddr)
{
	/* Copied, because `sockaddr` may be less aligned than what it holds. */
	if (sockaddr->sa_family == AF_INET) {
		struct sockaddr_in ipv4;
		memcpy(&ipv4, sockaddr, sizeof(ipv4));
		return from_ipv4(&ipv4.sin_addr, ntohs(ipv4.sin_port));
	}
	if (sockaddr->sa_family == AF_INET6) {
		struct sockaddr_in6 ipv6;
		memcpy(&ipv6, sockaddr, sizeof(ipv6));
		return from_ipv6(&ipv6.sin6_addr, ntohs(ipv6.sin6_port), ipv6.sin6_scope_id);
	}
	return (struct address){0};
}

socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *sockaddr)
{
	memset(sockaddr, 0, sizeof(*sockaddr));
	if (address->family == ADDRESS_IPV4) {
		struct sockaddr_in ipv4 = {.sin_family = AF_INET, .sin_port = htons(address->port)};
		memcpy(&ipv4.sin_addr, address->ip, sizeof(ipv4.sin_addr));
		memcpy(sockaddr, &ipv4, sizeof(ipv4));
		return sizeof(ipv4);
	}
	if (address->family == ADDRESS_IPV6) {
		struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
		ipv6.sin6_scope_id = address->scope;
		memcpy(&ipv6.sin6_addr, address->ip, sizeof(ipv6.sin6_addr));
		memcpy(sockaddr, &ipv6, sizeof(ipv6));
		return sizeof(ipv6);
	}
	return 0;
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool address_same_ip(const struct address *a, const struct address *b)
{
	return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

/* The zone behind '%': a number, or an interface's name. */
static bool parse_zone(struct slice zone, uint32_t *scope)
{
	uint64_t number;
	if (slice_to_number(zone, UINT32_MAX, &number)) {
		*scope = (uint32_t)number;
		return true;
	}
	char name[IF_NAMESIZE];
	if (zone.length == 0 || zone.length >= sizeof(name))
		return false;
	memcpy(name, zone.at, zone.length);
	name[zone.length] = '\0';
	*scope = if_nametoindex(name);
	return *scope != 0;
}

bool address_parse_ip(struct slice text, uint16_t port, struct address *address)
{
	char terminated[INET6_ADDRSTRLEN];
	bool bracketed = text.length >= 2 && text.at[0] == '[' && text.at[text.length - 1] == ']';
	if (bracketed)
		text = slice_of(text.at + 1, text.length - 2);
	uint32_t scope = 0;
	size_t percent = slice_find(text, '%');
	bool zoned = percent < text.length;
	if (zoned && !parse_zone(slice_from(text, percent + 1), &scope))
		return false;
	/* A NUL inside would hide what follows it from inet_pton. */
	if (percent == 0 || percent >= sizeof(terminated) || memchr(text.at, '\0', percent))
		return false;
	memcpy(terminated, text.at, percent);
	terminated[percent] = '\0';

	struct in_addr ipv4;
	struct in6_addr ipv6;
	if (inet_pton(AF_INET6, terminated, &ipv6) == 1) {
		*address = from_ipv6(&ipv6, port, scope);
		return true;
	}
	if (!bracketed && !zoned && inet_pton(AF_INET, terminated, &ipv4) == 1) {
		*address = from_ipv4(&ipv4, port);
		return true;
	}
	return false;
}

/* At most five digits; returns how many. */
static size_t write_number(unsigned number, char *text)
{
	char digits[5];
	size_t at = sizeof digits;
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0 && at > 0);
	memcpy(text, digits + at, sizeof digits - at);
	return sizeof digits - at;
}

/* Each message has an address or two in it, and inet_ntop and snprintf are slow. */
static size_t write_ipv4(const struct address *address, char text[INET6_ADDRSTRLEN + 12])
{
	size_t length = 0;
	for (int i = 0; i < 4; i++) {
		length += write_number(address->ip[i], text + length);
		text[length++] = '.';
	}
	text[--length] = '\0';
	return length;
}

/* The IP's text without brackets; returns its length. */
static size_t write_ip(const struct address *address, char text[INET6_ADDRSTRLEN + 12])
{
	if (address->family == ADDRESS_IPV4)
		return write_ipv4(address, text);
	if (address->family == ADDRESS_NONE || !inet_ntop(AF_INET6, address->ip, text, INET6_ADDRSTRLEN)) {
		memcpy(text, "-", 2);
		return 1;
	}
	size_t length = strlen(text);
	if (address->scope != 0) {
		int zone = snprintf(text + length, 12, "%%%u", address->scope);
		length += zone > 0 ? (size_t)zone : 0;
	}
	return length;
}

struct slice address_write(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	size_t length = address_write_ip(address, true, text).length;
	text[length++] = ':';
	length += write_number(address->port, text + length);
	text[length] = '\0';
	return slice_of(text, length);
}

struct slice address_write_ip(const struct address *address, bool brackets, char text[ADDRESS_TEXT_SIZE])
{
	bool enclosed = brackets && address->family == ADDRESS_IPV6;
	size_t length = write_ip(address, text + (enclosed ? 1 : 0));
	if (!enclosed)
		return slice_of(text, length);
	text[0] = '[';
	text[length + 1] = ']';
	text[length + 2] = '\0';
	return slice_of(text, length + 2);
}
