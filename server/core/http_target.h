/* Where a request over HTTP goes, as its sender wrote it. libwebsockets does not keep the target as it came
 * (transport/http.h), but digest credentials repeat it (RFC 7616 §3.4): what stands there is held against what is left
 * of the other, and is then the better one. Pure functions. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "transport/http.h"

#include <stdbool.h>

struct http_target {
	struct slice path, query; /* the path decoded, the query not */
};

/* `uri`, out of credentials, as the target of the request; in the request's arena. ERR_SYNTAX: it is another one, as
 * far as that can be seen; ERR_NO_MEMORY. */
MUST_CHECK int http_target_read(struct http_request *request, struct slice uri, struct http_target *target);

/* Of who has no such credentials there is only the path as it was decoded (transport/http.h). True where `name`, of a
 * person or a mailbox, has a space in it that was a '+', or a ';' before its host that may have been an '&'; a space
 * before all is always a '+'. */
bool http_target_is_doubtful(struct slice name);

/* Node selectors have quotes (RFC 4825 §6.3), and some clients escape them neither in the target nor in the header:
 * takes such a uri out of `authorization`, and writes the rest, which can be parsed, with an empty one. False: the
 * header has no such uri. ERR_NO_MEMORY leaves it so as well. */
bool http_target_take_uri(struct arena *arena, struct slice authorization, struct slice *rest, struct slice *uri);
/* Without the backslashes of a quoted string, in the arena; `text` itself where it has none. ERR_NO_MEMORY. */
MUST_CHECK int http_target_unquote(struct arena *arena, struct slice text, struct slice *plain);
