/* An IP address and port, small and comparable. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum address_family { ADDRESS_NONE, ADDRESS_IPV4, ADDRESS_IPV6 };

struct address {
	uint8_t ip[16]; /* IPv4 uses the first four, the rest is zero */
	uint32_t scope; /* IPv6 zone, else 0 */
	uint16_t port;  /* host byte order */
	uint8_t family; /* enum address_family */
	uint8_t zero;   /* padding, so that addresses compare by memcmp */
};

/* Longest text: "[ffff:...:ffff%4294967295]:65535" and its terminator. */
#define ADDRESS_TEXT_SIZE 72

/* IPv4-mapped IPv6 addresses become IPv4, so that one peer has one address. */
struct address address_from_sockaddr(const struct sockaddr *sockaddr);
/* Returns the length for bind, connect and sendmsg. */
socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *sockaddr);
bool address_equal(const struct address *a, const struct address *b);
bool address_same_ip(const struct address *a, const struct address *b);
/* "192.0.2.1", "2001:db8::1" or "[2001:db8::1]", no port and no name; false where it is none. */
bool address_parse_ip(struct slice text, uint16_t port, struct address *address);
/* "192.0.2.1:5060" or "[2001:db8::1]:5060". */
struct slice address_write(const struct address *address, char text[ADDRESS_TEXT_SIZE]);
/* "192.0.2.1" or "2001:db8::1"; in brackets for a URI or Via where `brackets` is set. */
struct slice address_write_ip(const struct address *address, bool brackets, char text[ADDRESS_TEXT_SIZE]);
