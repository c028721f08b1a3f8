/* The client's side of the control socket: blocking, for the command line. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A message may take as long as its receiver's devices. */
#define ANSWER_WAIT_S 60

static int open_socket(const char *state)
{
	int folder = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return ERR_UNREACHABLE;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/control.sock", folder);
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval wait = {.tv_sec = ANSWER_WAIT_S};
	int result = descriptor < 0 ? -errno : 0;
	if (result == 0 && setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0)
		result = -errno;
	if (result == 0 && connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0)
		result = errno == EACCES ? -EACCES : ERR_UNREACHABLE;
	close(folder);
	if (result < 0 && descriptor >= 0)
		close(descriptor);
	return result < 0 ? result : descriptor;
}

static int write_all(int descriptor, struct slice bytes)
{
	while (!slice_is_empty(bytes)) {
		ssize_t count = send(descriptor, bytes.at, bytes.length, MSG_NOSIGNAL);
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0)
			bytes = slice_from(bytes, (size_t)count);
	}
	return shutdown(descriptor, SHUT_WR) == 0 ? 0 : -errno;
}

static int read_all(int descriptor, struct buffer *answer)
{
	for (;;) {
		char *room = buffer_reserve(answer, 65536);
		if (!room)
			return ERR_NO_MEMORY;
		ssize_t count = read(descriptor, room, 65536);
		if (count == 0)
			return 0;
		if (count < 0 && errno == EAGAIN)
			return ERR_TIMEOUT;
		if (count < 0 && errno != EINTR)
			return -errno;
		if (count > 0)
			answer->length += (size_t)count;
	}
}

int control_ask(const char *state, struct slice request, struct buffer *answer)
{
	int descriptor = open_socket(state);
	if (descriptor < 0)
		return descriptor;
	int result = write_all(descriptor, request);
	if (result == 0)
		result = read_all(descriptor, answer);
	close(descriptor);
	if (result < 0)
		return result;
	struct slice rest = buffer_slice(answer), word = slice_take(&rest, '\n');
	bool good = slice_equal(word, SLICE("ok"));
	if (!good && !slice_equal(word, SLICE("error")))
		return ERR_SYNTAX;
	buffer_consume(answer, word.length + 1);
	return good ? 0 : ERR_CONFIGURATION;
}
