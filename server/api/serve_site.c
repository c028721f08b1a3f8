/* /site: what a client must know before anybody has logged in. SPDX-License-Identifier: MIT */
#include "api/api_state.h"
#include "api/serve.h"

void serve_site(struct api_call *call)
{
	const struct api_options *options = &call->api->options;
	struct json_writer *json = &call->json;
	json_write_begin(json, NULL, '{');
	json_write_text(json, "domain", domain_name(call->parts->domain));
	json_write_text(json, "product", SLICE("Heliograph " HELIOGRAPH_VERSION));
	json_write_number(json, "message_bytes", (int64_t)options->message_bytes);
	json_write_number(json, "icon_bytes", (int64_t)options->icon_bytes);
	json_write_text_or_null(json, "voicemail_url", options->voicemail_url);
	json_write_bool(json, "keeps_history", options->keeps_history);
	json_write_end(json, '}');
	call_answer(call);
}
