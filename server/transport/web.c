/* libwebsockets' context on the node's loop, its listeners, their certificates, and their end.
 * SPDX-License-Identifier: MIT */
#include "transport/web.h"

#include "base/error.h"
#include "transport/peer_count.h"
#include "transport/websocket.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SERVICE_BYTES 16384 /* libwebsockets' buffer for answers and pieces of files */
#define RECEIVE_BYTES 1536  /* per WebSocket: most SIP messages of browsers come whole in it */
#define SEND_BYTES 65536    /* more at once is cut by libwebsockets, which costs a copy */
#define KEEP_ALIVE_S 15     /* an HTTP connection without requests */
#define CLOSE_MS 2000       /* when the node ends: for WebSockets to say goodbye, for requests to be answered */
#define CLOSE_STEP_MS 5
#define HTTP_SPARE 64 /* HTTP connections beyond the limit of connections */

/* Everything that a page may load or talk to is ours ('self' has the WebSocket of the same host and port in it), but
 * for pictures that it makes itself. */
static const struct lws_protocol_vhost_options headers[] = {
	{&headers[1], NULL, "content-security-policy:",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
	 "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	{&headers[2], NULL, "x-content-type-options:", "nosniff"},
	{&headers[3], NULL, "cross-origin-opener-policy:", "same-origin"},
	{NULL, NULL, "referrer-policy:", "no-referrer"},
};

/* The first takes all HTTP; its name is no token, so that no client can ask for it as a subprotocol. */
static const struct lws_protocols protocols[] = {
	{"(http)", web_http_callback, 0, 0, 0, NULL, 0},
	{"sip", websocket_callback, 0, RECEIVE_BYTES, 0, NULL, SEND_BYTES},
	{NULL, NULL, 0, 0, 0, NULL, 0},
};

/* libwebsockets' log function is one for the whole process and gets no argument, so this one pointer has to be
 * static: the newest web, for its log. */
static struct web *lws_log_target;

static void on_lws_log(int level, const char *line)
{
	struct web *web = lws_log_target;
	if (!web)
		return;
	(void)level; /* only errors and warnings are asked for; an outsider's nonsense is among both */
	struct slice text = slice_trim(slice_text(line));
	log_event_limited(transport_log(web->transport), &web->rate, timers_now(transport_timers(web->transport)),
			  LOG_WARNING, "libwebsockets", NULL, "%.*s", SLICE_ARGS(text));
}

/* Certificates */

/* Puts the certificate and key into `tls`; where they do not fit, it has them in halves. */
static int load_certificate(SSL_CTX *tls, const char *certificate_file, const char *key_file)
{
	bool good = certificate_file && key_file && SSL_CTX_use_certificate_chain_file(tls, certificate_file) == 1 &&
		    SSL_CTX_use_PrivateKey_file(tls, key_file, SSL_FILETYPE_PEM) == 1 &&
		    SSL_CTX_check_private_key(tls) == 1;
	ERR_clear_error();
	return good ? 0 : ERR_TLS;
}

/* So that a bad pair never touches a context in use. */
static int try_certificate(const char *certificate_file, const char *key_file)
{
	SSL_CTX *scratch = SSL_CTX_new(TLS_server_method());
	if (!scratch)
		return ERR_NO_MEMORY;
	int result = load_certificate(scratch, certificate_file, key_file);
	SSL_CTX_free(scratch);
	return result;
}

int web_renew_tls(struct web *web, const char *certificate_file, const char *key_file)
{
	int result = try_certificate(certificate_file, key_file);
	struct list_link *link;
	for (link = web->listeners.next; result == 0 && link != &web->listeners; link = link->next) {
		struct web_listener *listener = CONTAINER_OF(link, struct web_listener, link);
		if (listener->tls)
			result = load_certificate(listener->tls, certificate_file, key_file);
	}
	return result;
}

/* Called back while libwebsockets makes the listener's TLS context: it takes our certificate from us rather than by
 * path, because it could renew it only from the path that it first had. */
int web_listener_take_tls(struct web_listener *listener, SSL_CTX *tls)
{
	struct transport *transport = listener->web->transport;
	if (SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1 ||
	    load_certificate(tls, transport_certificate_file(transport), transport_key_file(transport)) < 0)
		return ERR_TLS;
	listener->tls = tls;
	return 0;
}

/* Connections */

struct web_connection *web_connection_of(const struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

struct address web_address_of(int descriptor, int (*name)(int, struct sockaddr *, socklen_t *))
{
	struct sockaddr_storage sockaddr = {0};
	socklen_t length = sizeof sockaddr;
	if (name(descriptor, (struct sockaddr *)&sockaddr, &length) < 0)
		return (struct address){.family = ADDRESS_NONE};
	return address_from_sockaddr((struct sockaddr *)&sockaddr);
}

int web_connection_create(struct lws *wsi)
{
	/* Later libwebsockets may move a socket to another vhost of the same port, by the Host header. */
	struct web_listener *listener = lws_vhost_user(lws_get_vhost(wsi));
	struct web_connection *web_connection = calloc(1, sizeof *web_connection);
	if (!web_connection)
		return ERR_NO_MEMORY;
	struct web *web = listener->web;
	const struct transport_options *options = transport_options(web->transport);
	struct address peer = web_address_of(lws_get_socket_fd(wsi), getpeername);
	int result = peer_count_take(&web->per_ip, &peer, options->connections_per_ip, &web_connection->peer_count);
	if (result < 0) {
		transport_counters_mutable(web->transport)->refused_connections++;
		free(web_connection);
		return result;
	}
	web_connection->listener = listener;
	web_connection->wsi = wsi;
	list_init(&web_connection->outgoing);
	buffer_init(&web_connection->incoming, options->message_bytes);
	list_append(&web->connections, &web_connection->link);
	web->http_count++;
	lws_set_opaque_user_data(wsi, web_connection);
	return 0;
}

void web_connection_destroy(struct web_connection *web_connection)
{
	if (!web_connection)
		return;
	struct web *web = web_connection->listener->web;
	websocket_end(web_connection);
	web_request_gone(web_connection);
	web->http_count--;
	peer_count_release(&web->per_ip, web_connection->peer_count);
	list_remove(&web_connection->link);
	lws_set_opaque_user_data(web_connection->wsi, NULL);
	free(web_connection);
}

/* Listeners */

/* libwebsockets would not say why it cannot bind (and shares a socket that it has already), so try it before. */
static int try_address(const struct address *address, struct address *bound)
{
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(address, &sockaddr);
	int descriptor = socket(sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (descriptor < 0)
		return -errno;
	const int on = 1;
	int result = setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (result == 0 && sockaddr.ss_family == AF_INET6)
		result = setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
	if (result == 0)
		result = bind(descriptor, (struct sockaddr *)&sockaddr, length);
	length = sizeof sockaddr;
	if (result == 0)
		result = getsockname(descriptor, (struct sockaddr *)&sockaddr, &length);
	result = result < 0 ? -errno : 0;
	if (result == 0) {
		*bound = *address;
		bound->port = ntohs(sockaddr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&sockaddr)->sin6_port
								   : ((struct sockaddr_in *)&sockaddr)->sin_port);
	}
	close(descriptor);
	return result;
}

static void describe_context(struct lws_context_creation_info *info, struct web *web)
{
	const struct transport_options *options = transport_options(web->transport);
	*info = (struct lws_context_creation_info){
		.protocols = protocols,
		.headers = headers,
		.server_string = "heliograph",
		.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
			   LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_VALIDATE_UTF8 |
			   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
		.alpn = "http/1.1", /* WebSockets over HTTP/2 are another thing (RFC 8441) */
		.timeout_secs = options->handshake_s,
		.timeout_secs_ah_idle = options->handshake_s,
		.keepalive_timeout = KEEP_ALIVE_S,
		.max_http_header_data = WEB_HEADER_BYTES,
		.pt_serv_buf_size = SERVICE_BYTES,
		.retry_and_idle_policy = &web->no_pings,
	};
}

static int create(struct transport *transport, struct web **created)
{
	struct web *web = calloc(1, sizeof *web);
	if (!web)
		return ERR_NO_MEMORY;
	web->transport = transport;
	web->rate = (struct log_rate){.burst = 10, .interval_ms = 1000};
	list_init(&web->listeners);
	list_init(&web->connections);
	if (table_init(&web->per_ip) < 0) {
		free(web);
		return ERR_NO_MEMORY;
	}
	lws_log_target = web;
	lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);

	void *loop = transport_loop(transport);
	struct lws_context_creation_info info;
	describe_context(&info, web);
	info.foreign_loops = &loop;
	info.pcontext = &web->context;
	web->context = lws_create_context(&info);
	if (!web->context) {
		lws_log_target = NULL;
		table_finish(&web->per_ip);
		free(web);
		return ERR_NO_MEMORY;
	}
	uv_timer_init(transport_loop(transport), &web->timer);
	web->timer.data = web;
	*created = web;
	return 0;
}

static bool open_vhost(struct web *web, struct web_listener *listener, bool tls)
{
	struct lws_context_creation_info info;
	describe_context(&info, web);
	address_write_ip(&listener->bound, false, listener->host);
	info.iface = listener->host;
	info.port = listener->bound.port;
	info.vhost_name = listener->name;
	info.user = listener;
	/* As the SIP sockets: an IPv6 listener is for IPv6 alone, so that 0.0.0.0 and :: can both be bound. */
	info.options |= listener->bound.family == ADDRESS_IPV4
				? LWS_SERVER_OPTION_DISABLE_IPV6
				: LWS_SERVER_OPTION_IPV6_V6ONLY_MODIFY | LWS_SERVER_OPTION_IPV6_V6ONLY_VALUE;
	if (tls)
		info.options |= LWS_SERVER_OPTION_CREATE_VHOST_SSL_CTX;
	return lws_create_vhost(web->context, &info) != NULL;
}

static struct web_listener *create_listener(struct web *web, bool tls, const char *document_root,
					    const struct address *bound)
{
	struct web_listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return NULL;
	listener->document_root = document_root ? strdup(document_root) : NULL;
	if (document_root && !listener->document_root) {
		free(listener);
		return NULL;
	}
	listener->web = web;
	listener->kind = tls ? TRANSPORT_WSS : TRANSPORT_WS;
	listener->bound = *bound;
	snprintf(listener->name, sizeof listener->name, "(%s %u)", tls ? "wss" : "ws", (unsigned)bound->port);
	list_append(&web->listeners, &listener->link);
	return listener;
}

int web_listen(struct transport *transport, const struct address *address, bool tls, const char *document_root,
	       struct address *bound)
{
	struct address free_address = *address;
	int result = try_address(address, &free_address);
	if (result == 0 && tls)
		result = try_certificate(transport_certificate_file(transport), transport_key_file(transport));
	struct web **web = transport_web(transport);
	if (result == 0 && !*web)
		result = create(transport, web);
	if (result < 0)
		return result;

	/* From here on libwebsockets may know it: what fails stays, closed, until the web ends. */
	struct web_listener *listener = create_listener(*web, tls, document_root, &free_address);
	if (!listener)
		return ERR_NO_MEMORY;
	if (!open_vhost(*web, listener, tls))
		return UV_EADDRINUSE;
	int index = transport_add_listener(transport, listener->kind, &listener->bound);
	if (index < 0)
		return index;
	listener->index = (uint8_t)index;
	listener->open = true;
	if (bound)
		*bound = listener->bound;
	return 0;
}

bool web_may_accept(const struct web_listener *listener)
{
	const struct web *web = listener->web;
	unsigned limit = transport_options(web->transport)->connections + HTTP_SPARE;
	if (listener->open && !web->closing && web->http_count < limit)
		return true;
	transport_counters_mutable(web->transport)->refused_connections++;
	return false;
}

void web_describe(const struct web *web, struct buffer *buffer)
{
	unsigned sockets = 0, waiting = 0;
	for (const struct list_link *link = web->connections.next; link != &web->connections; link = link->next) {
		sockets++;
		if (CONTAINER_OF(link, const struct web_connection, link)->outgoing_bytes > 0)
			waiting++;
	}
	buffer_format(buffer, "web_sockets %u\n", sockets);
	buffer_format(buffer, "web_http_connections %u\n", web->http_count);
	buffer_format(buffer, "web_slow_connections %u\n", waiting);
	buffer_format(buffer, "web_requests %u\n", web->request_count);
}

/* The end */

static void finish(struct web *web)
{
	struct list_link *link;
	while ((link = list_take_first(&web->listeners))) {
		struct web_listener *listener = CONTAINER_OF(link, struct web_listener, link);
		free(listener->document_root);
		free(listener);
	}
	if (lws_log_target == web) {
		lws_set_log_level(0, NULL);
		lws_log_target = NULL;
	}
	*transport_web(web->transport) = NULL;
	void (*on_done)(void *arg) = web->on_done;
	void *arg = web->on_done_arg;
	table_finish(&web->per_ip);
	free(web);
	on_done(arg);
}

static void on_timer_closed(uv_handle_t *handle)
{
	finish(handle->data);
}

struct handle_search {
	const void *context;
	bool found;
};

static void look_for_handle(uv_handle_t *handle, void *arg)
{
	struct handle_search *search = arg;
	if (handle->data == search->context)
		search->found = true;
}

/* libwebsockets 4.1 does not tell when its handles on somebody else's loop are gone, and must not be destroyed
 * before. Its idle handle and timer have the context in their data, and it closes them after all others. */
static bool has_handles(const struct web *web)
{
	struct handle_search search = {.context = web->context};
	uv_walk(transport_loop(web->transport), look_for_handle, &search);
	return search.found;
}

/* Step 1 waits for the WebSockets to end and for requests to be answered, step 2 begins the end of the context (once),
 * step 3 waits for its handles, step 4 destroys it with a second call. */
static void on_closing(uv_timer_t *timer)
{
	struct web *web = timer->data;
	if (web->close_by_ms > 0) {
		bool busy = web->request_count > 0;
		for (struct list_link *link = web->connections.next; link != &web->connections; link = link->next)
			busy |= CONTAINER_OF(link, struct web_connection, link)->begun;
		if (busy && uv_now(transport_loop(web->transport)) < web->close_by_ms)
			return;
		web->close_by_ms = 0;
		lws_context_destroy(web->context);
		return;
	}
	if (has_handles(web))
		return;
	lws_context_destroy(web->context);
	uv_timer_stop(timer);
	uv_close((uv_handle_t *)timer, on_timer_closed);
}

void web_close(struct web *web, void (*on_done)(void *arg), void *arg)
{
	web->closing = true;
	web->on_done = on_done;
	web->on_done_arg = arg;
	web->close_by_ms = uv_now(transport_loop(web->transport)) + CLOSE_MS;
	struct list_link *link = web->connections.next;
	while (link != &web->connections) {
		struct web_connection *web_connection = CONTAINER_OF(link, struct web_connection, link);
		link = link->next;
		if (web_connection->begun && !web_connection->connection.closing)
			web_connection->connection.operations->close(&web_connection->connection);
	}
	uv_timer_start(&web->timer, on_closing, 0, CLOSE_STEP_MS);
}
