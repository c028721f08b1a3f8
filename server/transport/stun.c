/* Binding requests answered, everything else left without an answer. SPDX-License-Identifier: MIT */
#include "transport/stun.h"

#include <string.h>

#define HEADER_BYTES 20
#define MAGIC_COOKIE 0x2112A442u
#define FINGERPRINT_XOR 0x5354554eu
#define UNKNOWN_MAX 16 /* attributes named in a 420; as many as STUN_ANSWER_SIZE has room for */

enum stun_type { BINDING_REQUEST = 0x0001, BINDING_SUCCESS = 0x0101, BINDING_ERROR = 0x0111 };

/* RFC 5389 §18.2; types from 0x8000 on may be ignored. */
enum stun_attribute {
	MAPPED_ADDRESS = 0x0001,
	USERNAME = 0x0006,
	MESSAGE_INTEGRITY = 0x0008,
	ERROR_CODE = 0x0009,
	UNKNOWN_ATTRIBUTES = 0x000A,
	REALM = 0x0014,
	NONCE = 0x0015,
	XOR_MAPPED_ADDRESS = 0x0020,
	OPTIONAL_FROM = 0x8000,
	FINGERPRINT = 0x8028
};

struct stun_request {
	bool has_cookie, has_fingerprint;
	uint16_t unknown[UNKNOWN_MAX];
	unsigned unknown_count;
};

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)read16(at) << 16 | read16(at + 2);
}

static uint8_t *write16(uint8_t *at, unsigned number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
	return at + 2;
}

static uint8_t *write32(uint8_t *at, uint32_t number)
{
	return write16(write16(at, number >> 16), number & 0xffff);
}

/* CRC-32 of ITU V.42, bit by bit: requests with FINGERPRINT are rare and small. */
static uint32_t crc32(const uint8_t *bytes, size_t count)
{
	uint32_t crc = ~0u;
	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
	}
	return ~crc;
}

bool stun_is_stun(struct slice datagram)
{
	return datagram.length > 0 && (uint8_t)datagram.at[0] < 2;
}

static bool is_known(uint16_t type)
{
	switch (type) {
	case MAPPED_ADDRESS:
	case USERNAME:
	case MESSAGE_INTEGRITY:
	case ERROR_CODE:
	case UNKNOWN_ATTRIBUTES:
	case REALM:
	case NONCE:
	case XOR_MAPPED_ADDRESS:
		return true;
	default:
		return type >= OPTIONAL_FROM;
	}
}

/* False where it is no whole binding request. */
static bool parse(const uint8_t *bytes, size_t count, struct stun_request *request)
{
	if (count < HEADER_BYTES || read16(bytes) != BINDING_REQUEST)
		return false;
	/* RFC 5389 §6: attributes are padded to 4 bytes, and nothing follows them */
	if (read16(bytes + 2) != count - HEADER_BYTES || count % 4 != 0)
		return false;
	*request = (struct stun_request){.has_cookie = read32(bytes + 4) == MAGIC_COOKIE};
	size_t at = HEADER_BYTES;
	while (at < count) {
		uint16_t type = read16(bytes + at);
		size_t padded = ((size_t)read16(bytes + at + 2) + 3) & ~(size_t)3;
		if (padded > count - at - 4)
			return false;
		if (type == FINGERPRINT) {
			/* RFC 5389 §15.5: it is the last; a wrong one means that this is not STUN */
			bool good = padded == 4 && at + 8 == count &&
				    read32(bytes + at + 4) == (crc32(bytes, at) ^ FINGERPRINT_XOR);
			if (!good)
				return false;
			request->has_fingerprint = true;
		} else if (!is_known(type) && request->unknown_count < UNKNOWN_MAX) {
			request->unknown[request->unknown_count++] = type;
		}
		at += 4 + padded;
	}
	return true;
}

/* RFC 5389 §15.2; without the cookie it is a client of RFC 3489, which knows the plain form only (§12.2). */
static uint8_t *write_address(uint8_t *out, const uint8_t *request_bytes, bool has_cookie, const struct address *peer)
{
	size_t ip_bytes = peer->family == ADDRESS_IPV6 ? 16 : 4;
	out = write16(out, has_cookie ? XOR_MAPPED_ADDRESS : MAPPED_ADDRESS);
	out = write16(out, (unsigned)(4 + ip_bytes));
	*out++ = 0;
	*out++ = peer->family == ADDRESS_IPV6 ? 2 : 1;
	/* The key is the cookie and the transaction id, as they stand in the header. */
	const uint8_t *key = request_bytes + 4;
	out = write16(out, has_cookie ? peer->port ^ (MAGIC_COOKIE >> 16) : peer->port);
	for (size_t i = 0; i < ip_bytes; i++)
		*out++ = has_cookie ? peer->ip[i] ^ key[i] : peer->ip[i];
	return out;
}

/* RFC 5389 §7.3.1: an attribute that must be understood and is not: 420 with its type */
static uint8_t *write_unknown(uint8_t *out, const struct stun_request *request)
{
	static const char reason[] = "Unknown Attribute";
	const size_t reason_bytes = sizeof reason - 1, padding = (4 - reason_bytes % 4) % 4;
	out = write16(out, ERROR_CODE);
	out = write16(out, (unsigned)(4 + reason_bytes));
	out = write32(out, 4 << 8 | 20);
	memcpy(out, reason, reason_bytes);
	memset(out + reason_bytes, 0, padding);
	out += reason_bytes + padding;

	out = write16(out, UNKNOWN_ATTRIBUTES);
	out = write16(out, 2 * request->unknown_count);
	for (unsigned i = 0; i < request->unknown_count; i++)
		out = write16(out, request->unknown[i]);
	return request->unknown_count % 2 ? write16(out, 0) : out;
}

size_t stun_answer(struct slice datagram, const struct address *peer, uint8_t answer[STUN_ANSWER_SIZE])
{
	const uint8_t *bytes = (const uint8_t *)datagram.at;
	struct stun_request request;
	if (!parse(bytes, datagram.length, &request))
		return 0;
	bool refused = request.unknown_count > 0;
	uint8_t *out = write16(answer, refused ? BINDING_ERROR : BINDING_SUCCESS);
	out = write16(out, 0);
	memcpy(out, bytes + 4, 16); /* cookie and transaction id */
	out += 16;
	out = refused ? write_unknown(out, &request) : write_address(out, bytes, request.has_cookie, peer);

	size_t length = (size_t)(out - answer);
	size_t whole = length + (request.has_fingerprint ? 8 : 0);
	write16(answer + 2, (unsigned)(whole - HEADER_BYTES));
	if (request.has_fingerprint) {
		uint32_t fingerprint = crc32(answer, length) ^ FINGERPRINT_XOR;
		out = write16(out, FINGERPRINT);
		out = write16(out, 4);
		write32(out, fingerprint);
	}
	return whole;
}
