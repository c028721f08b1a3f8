/* Random bytes through a small buffer.
 *
 * The buffer is per thread, the one piece of hidden state in this program: handing it through every call that makes
 * a tag would tell nobody anything. Bytes are erased as they are given out, and a child of fork(2) starts with an
 * empty buffer, so that no two processes ever give out the same. SPDX-License-Identifier: MIT */
#include "base/random.h"

#include "base/error.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUFFER_BYTES 512

/* `left` bytes at the end of `bytes` are fresh. */
static _Thread_local struct {
	unsigned char bytes[BUFFER_BYTES];
	size_t left;
} reserve;
static pthread_once_t fork_watched = PTHREAD_ONCE_INIT;

/* Runs in the child, whose only thread is the one that forked: its reserve is the one that was copied. */
static void forget_reserve(void)
{
	reserve.left = 0;
}

static void watch_fork(void)
{
	if (pthread_atfork(NULL, NULL, forget_reserve) != 0) {
		(void)fputs("heliograph: pthread_atfork failed\n", stderr);
		abort();
	}
}

static void fill_from_system(unsigned char *bytes, size_t count)
{
	while (count > 0) {
		ssize_t got = getrandom(bytes, count, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			(void)fprintf(stderr, "heliograph: getrandom: %s\n", error_text(-errno));
			abort();
		}
		bytes += got;
		count -= (size_t)got;
	}
}

void random_bytes(void *bytes, size_t count)
{
	if (count > BUFFER_BYTES / 4) {
		fill_from_system(bytes, count);
		return;
	}
	if (count == 0)
		return;
	if (reserve.left < count) {
		(void)pthread_once(&fork_watched, watch_fork);
		fill_from_system(reserve.bytes, BUFFER_BYTES);
		reserve.left = BUFFER_BYTES;
	}
	unsigned char *from = reserve.bytes + BUFFER_BYTES - reserve.left;
	memcpy(bytes, from, count);
	explicit_bzero(from, count);
	reserve.left -= count;
}

void random_token(char *text, size_t count)
{
	/* 32 of the 36 characters: 5 bits each, every one as likely, and no rejection loop. Without i, l, o and u,
	 * which people misread. */
	static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
	for (size_t done = 0; done < count;) {
		unsigned char bytes[64];
		size_t part = count - done < sizeof(bytes) ? count - done : sizeof(bytes);
		random_bytes(bytes, part);
		for (size_t i = 0; i < part; i++)
			text[done + i] = alphabet[bytes[i] & 31];
		done += part;
	}
	text[count] = '\0';
}
