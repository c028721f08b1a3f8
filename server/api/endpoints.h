/* The table of endpoints: a path and a method each. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"
#include "transport/http.h"

#include <stdbool.h>

struct api_call;

struct api_endpoint {
	const char *path;        /* below /api/v1; {…} stands for one name, and there are two at most */
	enum http_method method; /* HEAD is answered as GET */
	const char *scope;       /* NULL: anybody may, and nobody is asked who he is; "": no token may */
	const char *parameters;  /* of the query, with blanks between them */
	void (*handle)(struct api_call *call);
	bool is_own; /* an account may do it for itself, with its password: the first {…} is then its own name */
};

/* Ended by one without a path. */
extern const struct api_endpoint api_endpoints[];

struct endpoint_match {
	const struct api_endpoint *path;     /* any of that path; NULL: there is none */
	const struct api_endpoint *endpoint; /* of that path and method; NULL: the method is not allowed */
	struct slice name, item;             /* what stands for the first {…} and the second; empty: nothing does */
};

/* `path` is decoded, without the slash that it began with. Names may have slashes: of several fitting paths the one
 * with the shortest first name counts. */
struct endpoint_match endpoints_find(const struct api_endpoint *endpoints, struct slice path, enum http_method method);
/* "GET, HEAD, PUT": what Allow says of that path. */
void endpoints_write_allow(const struct api_endpoint *endpoints, const struct api_endpoint *path,
			   struct buffer *buffer);
/* True where each parameter of the query is one that the endpoint knows; else `unknown` is one that is not, as it
 * stands. */
bool endpoint_knows_query(const struct api_endpoint *endpoint, struct slice query, struct slice *unknown);
