/* Writing messages and conversations. SPDX-License-Identifier: MIT */
#include "api/message_json.h"

#include "bodies/cpim.h"
#include "bodies/imdn.h"
#include "features/message_form.h"

#include <stdio.h>

/* What a receipt is read in: it is small, but may have been deflated. */
#define RECEIPT_BYTES_MOST ((size_t)1 << 20)
#define ID_SIZE 24

/* What stands in a message, once it was looked into. */
struct content {
	struct message_text text;
	struct cpim cpim; /* empty where it is not that */
};

static void read_content(const struct stored_message *message, struct content *content)
{
	struct cpim cpim;
	*content = (struct content){.cpim = {.content_type = message->content_type, .body = message->body}};
	message_form_read(message, &content->text);
	if (content->text.is_wrapped && cpim_parse(message->body, &cpim) == 0)
		content->cpim = cpim;
}

static void write_id(struct json_writer *json, const char *name, int64_t id)
{
	char text[ID_SIZE];
	int length = snprintf(text, sizeof text, "%lld", (long long)id);
	json_write_text(json, name, slice_of(text, (size_t)length));
}

static const char *kind_word(enum message_kind kind)
{
	switch (kind) {
	case MESSAGE_KIND_TEXT:
		return "text";
	case MESSAGE_KIND_RECEIPT:
		return "receipt";
	case MESSAGE_KIND_OTHER:
		break;
	}
	return "other";
}

static void write_wishes(struct json_writer *json, const struct cpim *cpim)
{
	json_write_begin(json, "wants", '[');
	if (cpim->wants_delivery)
		json_write_text(json, NULL, SLICE("delivery"));
	if (cpim->wants_display)
		json_write_text(json, NULL, SLICE("display"));
	json_write_end(json, ']');
}

/* NULL: nothing that its sender would be told of. RFC 5438 §7.2.1.2: "forbidden" says that he shall not learn it, not
 * what it is. */
static const char *status_word(enum imdn_status status)
{
	switch (status) {
	case IMDN_DELIVERED:
		return "delivered";
	case IMDN_DISPLAYED:
		return "displayed";
	case IMDN_FAILED:
	case IMDN_ERROR:
		return "failed";
	case IMDN_PROCESSED:
	case IMDN_STORED:
	case IMDN_FORBIDDEN:
		break;
	}
	return NULL;
}

static void write_receipt(struct json_writer *json, const struct stored_message *message)
{
	struct arena arena;
	struct imdn imdn;
	struct body_error error;
	arena_init(&arena, NULL, RECEIPT_BYTES_MOST);
	int result =
		imdn_read(&arena, message->content_type, message_form_encoding(message), message->body, &imdn, &error);
	const char *status = result == 0 ? status_word(imdn.status) : NULL;
	if (status) {
		json_write_begin(json, "receipt", '{');
		json_write_text(json, "of", imdn.message_id);
		json_write_text(json, "status", slice_text(status));
		json_write_end(json, '}');
	} else {
		json_write_null(json, "receipt");
	}
	arena_finish(&arena);
}

void message_json_write(struct json_writer *json, const char *name, const struct history_message *message)
{
	if (!message) {
		json_write_null(json, name);
		return;
	}
	struct content content;
	read_content(&message->message, &content);
	enum message_kind kind = content.text.kind;
	json_write_begin(json, name, '{');
	write_id(json, "id", message->message.id);
	json_write_text(json, "peer", message->peer);
	json_write_text(json, "direction", message->is_sent ? SLICE("sent") : SLICE("received"));
	json_write_time(json, "at", message->message.received_at_ms);
	json_write_text(json, "kind", slice_text(kind_word(kind)));
	if (kind == MESSAGE_KIND_TEXT)
		json_write_text(json, "text", content.text.text);
	json_write_text_or_null(json, "content_type", content.cpim.content_type);
	json_write_text_or_null(json, "message_id", content.cpim.message_id);
	write_wishes(json, &content.cpim);
	if (message->is_sent)
		json_write_text(json, "state", message->is_kept ? SLICE("kept") : SLICE("delivered"));
	if (kind == MESSAGE_KIND_RECEIPT)
		write_receipt(json, &message->message);
	json_write_text(json, "call_id", message->message.call_id);
	json_write_number(json, "cseq", message->message.cseq);
	json_write_end(json, '}');
}

void conversation_json_write(struct json_writer *json, const struct history_conversation *conversation)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "peer", conversation->peer);
	json_write_number(json, "unread", conversation->unread);
	write_id(json, "read_id", conversation->read_id);
	message_json_write(json, "last", conversation->last);
	json_write_end(json, '}');
}
