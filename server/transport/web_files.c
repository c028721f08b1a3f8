/* The web client's files: plain GET and HEAD with types, caching, and compressed twins.
 *
 * A file f.br or f.gz next to f is sent in its place to those who take it, the first of them first: browsers take
 * Brotli, which is a sixth smaller, where the page is encrypted. Names under /assets/ carry a hash of their
 * contents, so they never change; everything else is asked for again each time and answered with 304 where it is
 * still the same. SPDX-License-Identifier: MIT */
#include "transport/web.h"

#include <stdio.h>
#include <sys/stat.h>

#define PATH_BYTES 1024
#define ETAG_BYTES 64

static const struct content_type {
	struct slice ending;
	const char *type;
} content_types[] = {
	{{".html", 5}, "text/html; charset=utf-8"},
	{{".js", 3}, "text/javascript; charset=utf-8"},
	{{".mjs", 4}, "text/javascript; charset=utf-8"},
	{{".css", 4}, "text/css; charset=utf-8"},
	{{".json", 5}, "application/json"},
	{{".map", 4}, "application/json"},
	{{".webmanifest", 12}, "application/manifest+json"},
	{{".svg", 4}, "image/svg+xml"},
	{{".png", 4}, "image/png"},
	{{".jpg", 4}, "image/jpeg"},
	{{".webp", 5}, "image/webp"},
	{{".ico", 4}, "image/x-icon"},
	{{".woff2", 6}, "font/woff2"},
	{{".mp3", 4}, "audio/mpeg"},
	{{".ogg", 4}, "audio/ogg"},
	{{".wav", 4}, "audio/wav"},
	{{".wasm", 5}, "application/wasm"},
	{{".txt", 4}, "text/plain; charset=utf-8"},
};

static const char *content_type_of(struct slice path)
{
	for (size_t i = 0; i < ARRAY_SIZE(content_types); i++)
		if (slice_ends_with(path, content_types[i].ending))
			return content_types[i].type;
	return "application/octet-stream";
}

/* No way out of the root, whatever libwebsockets has made of the request's dots and escapes: every part between
 * slashes has a name, and none begins with a dot (so no hidden files either). */
static bool is_inside(struct slice path)
{
	if (path.length == 0 || path.at[0] != '/')
		return false;
	for (size_t i = 0; i < path.length; i++) {
		unsigned char byte = (unsigned char)path.at[i];
		char next = i + 1 < path.length ? path.at[i + 1] : 'x';
		if (byte < ' ' || byte == '\\' || byte == 0x7f || (byte == '/' && (next == '.' || next == '/')))
			return false;
	}
	return true;
}

/* What a file may be compressed as, the best first. */
static const struct coding {
	const char *ending;
	struct slice name;
	const char *header;
} codings[] = {
	{".br", {"br", 2}, "content-encoding: br\r\n"},
	{".gz", {"gzip", 4}, "content-encoding: gzip\r\n"},
};
#define ENDING_BYTES sizeof ".gz"

struct file {
	char path[PATH_BYTES];
	struct stat status;
	const struct coding *coding; /* NULL: it is sent as it is */
};

static bool is_file(const char *path, struct stat *status)
{
	return stat(path, status) == 0 && S_ISREG(status->st_mode);
}

/* `accepted` is the value of Accept-Encoding. */
static bool takes(struct slice accepted, struct slice name)
{
	while (accepted.length > 0) {
		struct slice coding = slice_take(&accepted, ',');
		if (slice_equal_nocase(slice_trim(slice_take(&coding, ';')), name))
			/* "gzip;q=0" means that it does not */
			return !slice_equal(slice_trim(coding), SLICE("q=0"));
	}
	return false;
}

/* Puts the first twin that is there and taken in the file's place; its path has `length` bytes, and room behind them.
 */
static void find_twin(struct lws *wsi, struct file *file, size_t length)
{
	char accepted[256];
	struct stat status;
	if (lws_hdr_copy(wsi, accepted, sizeof accepted, WSI_TOKEN_HTTP_ACCEPT_ENCODING) <= 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(codings) && !file->coding; i++) {
		if (!takes(slice_text(accepted), codings[i].name))
			continue;
		memcpy(file->path + length, codings[i].ending, ENDING_BYTES);
		if (is_file(file->path, &status)) {
			file->coding = &codings[i];
			file->status = status;
		} else {
			file->path[length] = '\0';
		}
	}
}

static bool find_file(struct lws *wsi, const char *root, struct slice path, struct file *file)
{
	const char *rest = slice_ends_with(path, SLICE("/")) ? "index.html" : "";
	size_t room = sizeof file->path - ENDING_BYTES;
	int length = snprintf(file->path, room, "%s%.*s%s", root, SLICE_ARGS(path), rest);
	file->coding = NULL;
	if (length < 0 || (size_t)length >= room || !is_file(file->path, &file->status))
		return false;
	find_twin(wsi, file, (size_t)length);
	return true;
}

static void write_etag(const struct file *file, char etag[ETAG_BYTES])
{
	snprintf(etag, ETAG_BYTES, "\"%llx-%llx%s\"", (unsigned long long)file->status.st_mtime,
		 (unsigned long long)file->status.st_size, file->coding ? file->coding->ending : "");
}

static const char *caching_of(struct slice path)
{
	return slice_starts_with(path, SLICE("/assets/")) ? "public, max-age=31536000, immutable" : "no-cache";
}

static bool has_it(struct lws *wsi, const char *etag)
{
	char list[256];
	return lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 && strstr(list, etag) != NULL;
}

static int answer_not_modified(struct lws *wsi, const char *etag, const char *caching)
{
	unsigned char answer[LWS_PRE + 1024];
	unsigned char *start = answer + LWS_PRE, *at = start, *end = answer + sizeof answer;
	if (lws_add_http_header_status(wsi, HTTP_STATUS_NOT_MODIFIED, &at, end) ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_ETAG, (const unsigned char *)etag, (int)strlen(etag), &at,
					 end) ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL, (const unsigned char *)caching,
					 (int)strlen(caching), &at, end) ||
	    lws_finalize_http_header(wsi, &at, end))
		return -1;
	size_t length = (size_t)(at - start);
	return lws_write(wsi, start, length, LWS_WRITE_HTTP_HEADERS) == (int)length ? web_complete(wsi) : -1;
}

int web_answer_not_found(struct lws *wsi)
{
	static const char page[] = "<!doctype html><title>Not found</title><h1>Not found</h1>"
				   "<p>There is nothing at this address. <a href=\"/\">Home</a></p>\n";
	int result = web_respond(wsi, HTTP_STATUS_NOT_FOUND, "text/html; charset=utf-8", SLICE(page));
	return result < 0 ? result : web_complete(wsi);
}

int web_serve_file(struct lws *wsi, const char *root, struct slice path)
{
	struct file file;
	if (!is_inside(path) || !find_file(wsi, root, path, &file))
		return web_answer_not_found(wsi);
	char etag[ETAG_BYTES], headers[256];
	write_etag(&file, etag);
	if (has_it(wsi, etag))
		return answer_not_modified(wsi, etag, caching_of(path));

	/* libwebsockets takes further header lines as they go over the wire. */
	int length = snprintf(headers, sizeof headers, "etag: %s\r\ncache-control: %s\r\nvary: accept-encoding\r\n%s",
			      etag, caching_of(path), file.coding ? file.coding->header : "");
	if (length < 0 || (size_t)length >= sizeof headers)
		return -1;
	struct slice name = slice_ends_with(path, SLICE("/")) ? SLICE("index.html") : path;
	int result = lws_serve_http_file(wsi, file.path, content_type_of(name), headers, length);
	/* Positive: it is answered already; 0: pieces follow, then LWS_CALLBACK_HTTP_FILE_COMPLETION. */
	return result > 0 ? web_complete(wsi) : result;
}
