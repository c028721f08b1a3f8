/* Content-Encoding: deflate, by zlib: through a piece of stack into the buffer, so that its limit holds at every step.
 * SPDX-License-Identifier: MIT */
#include "base/deflate.h"

#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define PIECE_BYTES 4096
#define WINDOW_BITS 15 /* the largest: what others made may use it */

/* zlib's own allocator, but through this program's malloc. */
static void *allocate(void *arg, unsigned count, unsigned bytes)
{
	(void)arg;
	return calloc(count, bytes);
}

static void release(void *arg, void *memory)
{
	(void)arg;
	free(memory);
}

static z_stream stream_of(struct slice input)
{
	return (z_stream){
		.zalloc = allocate,
		.zfree = release,
		.next_in = (z_const Bytef *)input.at,
		.avail_in = (uInt)input.length,
	};
}

typedef int step_fn(z_stream *stream, int flush);

/* Runs the stream to its end. ERR_LIMIT, ERR_NO_MEMORY; ERR_SYNTAX: its input is not what it should be, or ends early.
 */
static int run(z_stream *stream, step_fn *step, struct buffer *output)
{
	unsigned char piece[PIECE_BYTES];
	for (;;) {
		stream->next_out = piece;
		stream->avail_out = sizeof(piece);
		int result = step(stream, Z_FINISH);
		/* Z_BUF_ERROR: this piece is full; if it is not, the input has ended before the stream. */
		bool is_good =
			result == Z_STREAM_END || result == Z_OK || (result == Z_BUF_ERROR && stream->avail_out == 0);
		if (!is_good)
			return result == Z_MEM_ERROR ? ERR_NO_MEMORY : ERR_SYNTAX;
		struct slice made = slice_of((const char *)piece, sizeof(piece) - stream->avail_out);
		if (made.length > output->limit - output->length)
			return ERR_LIMIT;
		buffer_append(output, made);
		if (buffer_failed(output))
			return ERR_NO_MEMORY;
		if (result == Z_STREAM_END)
			return 0;
	}
}

int deflate_pack(struct slice plain, struct buffer *packed)
{
	if (plain.length > UINT_MAX || buffer_failed(packed))
		return ERR_NO_MEMORY;
	size_t before = packed->length;
	z_stream stream = stream_of(plain);
	if (deflateInit(&stream, Z_DEFAULT_COMPRESSION) != Z_OK)
		return ERR_NO_MEMORY;
	int result = run(&stream, deflate, packed);
	(void)deflateEnd(&stream);
	if (result == 0)
		return 0;
	packed->length = before;
	return ERR_NO_MEMORY;
}

/* RFC 1950 §2.2: compression method 8 and a window of 32 KiB at most, in a number that 31 divides. In raw deflate the
 * same byte would be a stored block with bits set where none may be. */
static bool has_zlib_header(struct slice packed)
{
	if (packed.length < 2)
		return false;
	unsigned method = (unsigned char)packed.at[0], flags = (unsigned char)packed.at[1];
	return (method & 15) == Z_DEFLATED && method >> 4 <= WINDOW_BITS - 8 && (method << 8 | flags) % 31 == 0;
}

/* What follows the end of the stream is left alone: some put a line end there. */
int deflate_unpack(struct slice packed, struct buffer *plain)
{
	if (packed.length > UINT_MAX)
		return ERR_LIMIT;
	if (buffer_failed(plain))
		return ERR_NO_MEMORY;
	size_t before = plain->length;
	z_stream stream = stream_of(packed);
	/* zlib's sign for raw deflate is a negative window. */
	if (inflateInit2(&stream, has_zlib_header(packed) ? WINDOW_BITS : -WINDOW_BITS) != Z_OK)
		return ERR_NO_MEMORY;
	int result = run(&stream, inflate, plain);
	(void)inflateEnd(&stream);
	if (result)
		plain->length = before;
	return result;
}
