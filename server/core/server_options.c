/* What this server can do. SPDX-License-Identifier: MIT */
#include "core/server_options.h"

#include "base/attributes.h"
#include "base/buffer.h"

/* path: RFC 3327, outbound: RFC 5626, gruu: RFC 5627 */
static const struct slice supported[] = {SLICE("path"), SLICE("outbound"), SLICE("gruu"), SLICE("eventlist"),
					 SLICE("recipient-list-subscribe")};

bool server_supports(struct slice option_tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(supported); i++)
		if (slice_equal_nocase(supported[i], option_tag))
			return true;
	return false;
}

unsigned server_options_handle(void *arg, struct request *request)
{
	const struct server_options *options = arg;
	struct buffer headers;
	buffer_init(&headers, 4096);
	buffer_append(&headers, options->headers);
	buffer_text(&headers,
		    "Accept: */*\r\nSupported: path, outbound, gruu, eventlist, recipient-list-subscribe\r\n");
	struct reply reply = {.headers = buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers)};
	request_reply(request, SIP_OK, &reply);
	buffer_finish(&headers);
	return SIP_LATER;
}
