/* Where the server listens, and what it is called: bind addresses, the default domain, names for the certificate, free
 * ports. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/attributes.h"
#include "program/configuration.h"

#include <stdbool.h>
#include <stddef.h>

#define ADDRESSES_MOST 64
#define ADDRESSES_DOMAIN_SIZE 256

struct addresses {
	struct address items[ADDRESSES_MOST];
	size_t count;
};

/* The option `bind`, or all addresses of the families that the machine has. Ports are 0. */
void addresses_bind(const struct configuration *configuration, struct addresses *bind);
/* The addresses that reach those sockets: themselves, or for "any" those of the interfaces (without link-local ones).
 */
void addresses_reached(const struct addresses *bind, struct addresses *reached);
/* The option `domain` in lower case, or the first address that others reach us by. */
struct slice addresses_domain(const struct configuration *configuration, char text[ADDRESSES_DOMAIN_SIZE]);
bool address_is_any(const struct address *address);
bool address_is_loopback(const struct address *address);

/* A port that is free on all of `bind` for TCP, and for UDP where `datagrams` is set; 0 where none is found. Nothing
 * keeps it free, so it is to be taken at once. */
uint16_t addresses_free_port(const struct addresses *bind, bool datagrams);
