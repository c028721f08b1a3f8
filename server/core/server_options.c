/* What this server can do. SPDX-License-Identifier: MIT */
#include "core/server_options.h"

#include "base/attributes.h"

/* path: RFC 3327, outbound: RFC 5626, gruu: RFC 5627 */
static const struct slice supported[] = {SLICE("path"), SLICE("outbound"), SLICE("gruu")};

bool server_supports(struct slice option_tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(supported); i++)
		if (slice_equal_nocase(supported[i], option_tag))
			return true;
	return false;
}

unsigned server_options_handle(void *arg, struct request *request)
{
	(void)arg;
	request_reply(request, SIP_OK,
		      &(struct reply){.headers = SLICE("Allow: REGISTER, MESSAGE, OPTIONS\r\n"
						       "Accept: */*\r\n"
						       "Supported: path, outbound, gruu\r\n")});
	return SIP_LATER;
}
