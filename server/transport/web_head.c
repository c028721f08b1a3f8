/* The head of a request, out of libwebsockets' hands and in ours.
 *
 * libwebsockets keeps a header's lines in fragments, and the request's path as well: it begins a new one at each '&'
 * or ';' and drops the byte. It decodes as it reads, so nothing tells any more what was escaped.
 * SPDX-License-Identifier: MIT */
#include "transport/web.h"

#include "base/error.h"

#include <string.h>

static const struct method {
	enum lws_token_indexes token; /* libwebsockets keeps the path as this "header" */
	enum http_method method;
	const char *name;
} methods[] = {
	{WSI_TOKEN_GET_URI, HTTP_GET, "GET"},          {WSI_TOKEN_HEAD_URI, HTTP_HEAD, "HEAD"},
	{WSI_TOKEN_PUT_URI, HTTP_PUT, "PUT"},          {WSI_TOKEN_POST_URI, HTTP_POST, "POST"},
	{WSI_TOKEN_DELETE_URI, HTTP_DELETE, "DELETE"}, {WSI_TOKEN_OPTIONS_URI, HTTP_OPTIONS, "OPTIONS"},
	{WSI_TOKEN_PATCH_URI, HTTP_OTHER, "PATCH"},
};

static const struct method *method_of(struct lws *wsi)
{
	static const struct method other = {WSI_TOKEN_COUNT, HTTP_OTHER, ""};
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (lws_hdr_total_length(wsi, methods[i].token) > 0)
			return &methods[i];
	return &other;
}

enum http_method web_head_method(struct lws *wsi)
{
	return method_of(wsi)->method;
}

const char *web_head_method_name(struct lws *wsi)
{
	return method_of(wsi)->name;
}

/* The path */

static bool begins_uri(const char *at)
{
	static const char *const schemes[] = {"sip:", "sips:", "tel:", "im:"};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (strncmp(at, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

/* libwebsockets makes spaces of the '+' of paths, which is right in queries only. The user names of XCAP's paths and
 * the attributes in its selectors (RFC 4825 §6) are URIs; those have no spaces, so there each was a '+'. */
static void restore_plus(char *path)
{
	bool in_uri = false;
	for (char *at = path; *at; at++) {
		bool separates = *at == '/' || *at == '"' || *at == '\'';
		if (separates)
			in_uri = begins_uri(at + 1);
		else if (in_uri && *at == ' ')
			*at = '+';
	}
}

/* It makes one slash of several. Where a value in quotes (RFC 4825 §6.3) is an HTTP URI, there were two behind the
 * scheme; whatever was further behind is lost. The new length; 0: too long. */
static size_t restore_slashes(char *path, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (path[i] != '"' && path[i] != '\'')
			continue;
		const char *scheme = path + i + 1;
		size_t slash = i + 1;
		if (strncmp(scheme, "http:/", 6) == 0)
			slash += 5;
		else if (strncmp(scheme, "https:/", 7) == 0)
			slash += 6;
		if (slash == i + 1 || path[slash + 1] == '/')
			continue;
		if (length + 1 >= WEB_HEADER_BYTES)
			return 0;
		memmove(path + slash + 1, path + slash, length + 1 - slash);
		length++;
	}
	return length;
}

int web_head_path(struct lws *wsi, char text[WEB_HEADER_BYTES + 1], struct slice *path)
{
	const struct method *method = method_of(wsi);
	size_t length = 0;
	if (method->token == WSI_TOKEN_COUNT)
		return ERR_SYNTAX;
	for (int i = 0;; i++) {
		char *at = text + length + (i > 0);
		int count = lws_hdr_copy_fragment(wsi, at, (int)(text + WEB_HEADER_BYTES + 1 - at), method->token, i);
		if (count < 0)
			break;
		if (i > 0)
			text[length++] = ';';
		length += (size_t)count;
		if (length >= WEB_HEADER_BYTES)
			return ERR_SYNTAX;
	}
	if (memchr(text, '\0', length))
		return ERR_SYNTAX;
	text[length] = '\0';
	restore_plus(text);
	size_t restored = restore_slashes(text, length);
	*path = slice_of(text, restored);
	return restored >= length ? 0 : ERR_SYNTAX;
}

/* Query and headers */

/* libwebsockets has taken the query apart and decoded it; this escapes it again and puts it together. */
static int read_query(struct lws *wsi, struct arena *arena, struct slice *query)
{
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_URI_ARGS) == 0)
		return 0;
	char text[WEB_HEADER_BYTES + 1];
	struct buffer buffer;
	buffer_init(&buffer, (size_t)3 * WEB_HEADER_BYTES);
	int length;
	for (int i = 0; (length = lws_hdr_copy_fragment(wsi, text, sizeof text, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0;
	     i++) {
		/* Where the last one is empty it puts a slash. */
		if (slice_equal(slice_of(text, (size_t)length), SLICE("/")))
			length = 0;
		if (i > 0)
			buffer_byte(&buffer, '&');
		http_escape(&buffer, slice_of(text, (size_t)length));
	}
	int result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&buffer), query);
	buffer_finish(&buffer);
	return result;
}

static int read_header(struct lws *wsi, struct arena *arena, enum lws_token_indexes token, struct slice *value)
{
	int length = lws_hdr_total_length(wsi, token);
	*value = slice_of("", 0);
	if (length <= 0)
		return 0;
	char *text = arena_allocate(arena, (size_t)length + 2);
	if (!text)
		return ERR_NO_MEMORY;
	if (lws_hdr_copy(wsi, text, length + 2, token) != length || strlen(text) != (size_t)length)
		return ERR_SYNTAX;
	*value = slice_trim(slice_of(text, (size_t)length));
	return 0;
}

int web_head_read(struct lws *wsi, struct http_request *request)
{
	const struct {
		enum lws_token_indexes token;
		struct slice *value;
	} headers[] = {
		{WSI_TOKEN_HTTP_CONTENT_TYPE, &request->content_type},
		{WSI_TOKEN_HTTP_AUTHORIZATION, &request->authorization},
		{WSI_TOKEN_HTTP_IF_MATCH, &request->if_match},
		{WSI_TOKEN_HTTP_IF_NONE_MATCH, &request->if_none_match},
		{WSI_TOKEN_HTTP_ACCEPT, &request->accept},
		{WSI_TOKEN_HTTP_ACCEPT_ENCODING, &request->accept_encoding},
		{WSI_TOKEN_HOST, &request->host},
		{WSI_TOKEN_ORIGIN, &request->origin},
		{WSI_TOKEN_HTTP_USER_AGENT, &request->user_agent},
	};
	int result = 0;
	for (size_t i = 0; result == 0 && i < ARRAY_SIZE(headers); i++)
		result = read_header(wsi, request->arena, headers[i].token, headers[i].value);
	return result < 0 ? result : read_query(wsi, request->arena, &request->query);
}

/* The body's length */

/* RFC 9112 §6.3: Transfer-Encoding goes before Content-Length; several or odd lengths are an attack. */
enum web_body web_head_body(struct lws *wsi, uint64_t *bytes)
{
	*bytes = 0;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return WEB_BODY_CHUNKED;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) == 0)
		return WEB_BODY_NONE;
	char text[24];
	int length = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	if (length <= 0 || !slice_to_number(slice_trim(slice_of(text, (size_t)length)), INT64_MAX, bytes))
		return WEB_BODY_BROKEN;
	return WEB_BODY_SIZED;
}

bool web_head_expects_continue(struct lws *wsi)
{
	char text[32];
	if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_EXPECT) <= 0 ||
	    !slice_equal_nocase(slice_trim(slice_text(text)), SLICE("100-continue")))
		return false;
	/* RFC 9110 §10.1.1: a client of HTTP/1.0 does not wait for it, and would not know what comes. */
	return lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP) > 0 && strstr(text, "1.1") != NULL;
}
