/* A transport with routes on a web listener, and handlers that tell what they got, keep it for later, or answer much.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "certificate.h"
#include "transport/http.h"
#include "transport/web.h"
#include "web_world.h"

#define LATER_MAX 300
#define BODY_BYTES 2000
#define LARGE_BYTES 3000000

/* The handlers' side */

struct site {
	struct world world;
	unsigned handled, gone;
	struct http_request *later[LATER_MAX]; /* not answered yet, in their order; NULL: gone */
	unsigned later_count;
	size_t body_bytes;
	char *large;
	struct certificate certificate;
	SSL_CTX *tls;
};

static const char *const method_names[] = {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "OTHER"};

static inline void answer_text(struct http_request *request, struct slice text)
{
	http_answer(request, &(struct http_answer){.status = 200, .content_type = "text/plain", .body = text});
}

/* Tells the handler's view of the request. */
static inline void echo(void *arg, struct http_request *request)
{
	((struct site *)arg)->handled++;
	char *text = arena_allocate(request->arena, 8192);
	if (!text) {
		answer_text(request, SLICE("no memory"));
		return;
	}
	int length = snprintf(
		text, 8192, "%s %.*s ?%.*s >%.*s [%.*s] %.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s %s",
		method_names[request->method], SLICE_ARGS(request->path), SLICE_ARGS(request->query),
		SLICE_ARGS(request->rest), SLICE_ARGS(request->body), SLICE_ARGS(request->content_type),
		SLICE_ARGS(request->authorization), SLICE_ARGS(request->if_match), SLICE_ARGS(request->if_none_match),
		SLICE_ARGS(request->accept), SLICE_ARGS(request->accept_encoding), SLICE_ARGS(request->host),
		SLICE_ARGS(request->origin), SLICE_ARGS(request->user_agent), request->is_secure ? "https" : "http");
	answer_text(request, slice_of(text, (size_t)length));
}

static inline void on_gone(struct http_request *request)
{
	struct site *site = request->state;
	site->gone++;
	for (unsigned i = 0; i < site->later_count; i++)
		if (site->later[i] == request)
			site->later[i] = NULL;
}

static inline void keep(void *arg, struct http_request *request)
{
	struct site *site = arg;
	site->handled++;
	request->state = site;
	request->on_gone = on_gone;
	site->later[site->later_count++ % LATER_MAX] = request;
}

static inline void answer_large(void *arg, struct http_request *request)
{
	struct site *site = arg;
	site->handled++;
	answer_text(request, slice_of(site->large, LARGE_BYTES));
}

static inline void answer_odd(void *arg, struct http_request *request)
{
	((struct site *)arg)->handled++;
	http_answer(request, &(struct http_answer){.status = slice_equal(request->rest, SLICE("204")) ? 204 : 304,
						   .body = SLICE("never seen"),
						   .headers = SLICE("ETag: \"x\"\r\nCache-Control: no-cache\r\n")});
}

static inline bool site_open_with(struct site *site, const struct transport_options *options, bool tls)
{
	memset(site, 0, sizeof *site);
	world_open(&site->world, options);
	const struct http_route routes[] = {
		{"/api/", echo, site, BODY_BYTES, false}, {"/api/later/", keep, site, BODY_BYTES, false},
		{"/large", answer_large, site, 0, false}, {"/odd/", answer_odd, site, 0, false},
		{"/bodiless/", echo, site, 0, false},     {"/big/", keep, site, 200000, false},
		{"/json/", echo, site, 10, true},
	};
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (http_add_route(site->world.transport, &routes[i]) < 0)
			return false;
	site->large = malloc(LARGE_BYTES);
	if (!site->large)
		return false;
	for (size_t i = 0; i < LARGE_BYTES; i++)
		site->large[i] = (char)('a' + i * 7 % 26);
	struct address address = world_loopback(0);
	char error[TRANSPORT_ERROR_SIZE];
	if (tls && (!certificate_make(&site->certificate, "DNS:example.test") ||
		    transport_set_tls(site->world.transport, site->certificate.certificate_file,
				      site->certificate.key_file, NULL, error) < 0))
		return false;
	site->tls = tls ? SSL_CTX_new(TLS_client_method()) : NULL;
	return web_listen(site->world.transport, &address, tls, NULL, &site->world.bound) == 0;
}

static inline bool site_open(struct site *site)
{
	struct transport_options options = world_options();
	return site_open_with(site, &options, false);
}

static inline unsigned requests_under_way(struct site *site)
{
	return (*transport_web(site->world.transport))->request_count;
}

/* True where nothing is left over. */
static inline bool site_close(struct site *site)
{
	for (int i = 0; i < 3000 && requests_under_way(site) > 0 && site->later_count == 0; i++)
		world_turn(&site->world);
	bool clean = world_close(&site->world);
	free(site->large);
	if (site->tls) {
		SSL_CTX_free(site->tls);
		certificate_remove(&site->certificate);
	}
	return clean;
}

static inline bool wait_handled(struct site *site, unsigned count)
{
	for (int i = 0; i < WAIT_MS && site->handled < count; i++)
		world_turn(&site->world);
	return site->handled == count;
}

static inline bool wait_gone(struct site *site, unsigned count)
{
	for (int i = 0; i < WAIT_MS && site->gone < count; i++)
		world_turn(&site->world);
	return site->gone == count;
}

/* Answers the n-th that was kept with its path. */
static inline bool answer_later(struct site *site, unsigned index)
{
	struct http_request *request = site->later[index];
	if (index >= site->later_count || !request)
		return false;
	site->later[index] = NULL;
	answer_text(request, request->path);
	return true;
}

static inline bool connect_to(struct site *site, struct client *client)
{
	return client_connect(client, &site->world.bound) &&
	       (!site->tls || client_secure(&site->world, client, site->tls));
}

/* One request on a connection of its own; its status. */
static inline int ask(struct site *site, struct client *client, const char *request)
{
	if (!connect_to(site, client) || !client_text(&site->world, client, request))
		return 0;
	return client_answer(&site->world, client, strncmp(request, "HEAD", 4) != 0);
}

/* Drops the first answer, whose body has that length. */
static inline void drop_answer(struct client *client, size_t body_length)
{
	client_drop(client, (size_t)(client_body(client) - client->bytes) + body_length);
}

#define REQUEST(method, path, headers) method " " path " HTTP/1.1\r\nHost: example.test\r\n" headers "\r\n"
#define GET(path) REQUEST("GET", path, "")
#define WITH_BODY(method, path, length, body) REQUEST(method, path, "Content-Length: " length "\r\n") body

/* Rest */

static inline void count_turn(uv_prepare_t *prepare)
{
	++*(unsigned *)prepare->data;
}

static inline void on_time(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

/* How often the loop turns in that time where nothing is due. */
static inline unsigned turns_in(struct site *site, unsigned ms)
{
	uv_loop_t *loop = &site->world.loop;
	uv_prepare_t prepare;
	uv_timer_t timer;
	unsigned turns = 0;
	uv_prepare_init(loop, &prepare);
	prepare.data = &turns;
	uv_timer_init(loop, &timer);
	uv_prepare_start(&prepare, count_turn);
	uv_timer_start(&timer, on_time, ms, 0);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&prepare, NULL);
	uv_close((uv_handle_t *)&timer, NULL);
	world_turns(&site->world, 2);
	return turns;
}
