/* The state folder's lock. SPDX-License-Identifier: MIT */
#include "program/state_lock.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 50

int state_lock(const char *state, long wait_ms)
{
	char path[PATH_MAX];
	int length = snprintf(path, sizeof(path), "%s/lock", state);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (descriptor < 0)
		return -errno;
	struct timespec pause = {0, POLL_MS * 1000000L};
	for (long waited = 0; flock(descriptor, LOCK_EX | LOCK_NB) != 0; waited += POLL_MS) {
		int reason = errno;
		if (reason == EINTR)
			continue;
		if (reason != EWOULDBLOCK || waited >= wait_ms) {
			close(descriptor);
			return reason == EWOULDBLOCK ? ERR_BUSY : -reason;
		}
		nanosleep(&pause, NULL);
	}
	return descriptor;
}
