/* The certificate of a server that was given none: self-signed, for its names, kept in the state folder.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define CERTIFICATE_ERROR_SIZE 512
#define CERTIFICATE_PATH_SIZE 4096

struct certificate_request {
	const char *folder;        /* where it is kept; exists */
	const struct slice *names; /* host names and IP addresses that clients will check; the first is the subject */
	size_t name_count;
	unsigned days; /* how long a new one is good */
};

struct certificate_files {
	char certificate[CERTIFICATE_PATH_SIZE], key[CERTIFICATE_PATH_SIZE];
	bool made; /* just now */
};

/* The files of the certificate that is kept, or of a new one where there is none, or it has expired (or soon will),
 * lacks one of the names, or does not fit its key. ERR_TLS with the sentence in `error`. */
MUST_CHECK int certificate_ensure(const struct certificate_request *request, struct certificate_files *files,
				  char error[CERTIFICATE_ERROR_SIZE]);
