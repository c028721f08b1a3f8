/* The sockets: ports, certificate, and what the person who started us is told. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/certificate.h"
#include "program/node.h"
#include "transport/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Public authorities give a year and a bit; phones that remember an exception should not be asked more often. */
#define CERTIFICATE_DAYS 800
#define DAY_MS INT64_C(86400000)

static int fail_listen(int result, enum transport_kind kind, const struct address *address,
		       char error[CONTROL_ERROR_SIZE])
{
	char text[ADDRESS_TEXT_SIZE];
	struct slice where = address_write(address, text);
	const char *option = kind == TRANSPORT_WS    ? "web.port"
			     : kind == TRANSPORT_WSS ? "web.tls_port"
			     : kind == TRANSPORT_TLS ? "tls.port"
						     : "sip.port";
	struct slice name = transport_name(kind);
	snprintf(error, CONTROL_ERROR_SIZE, "cannot listen on %.*s for %.*s: %s%s%s", SLICE_ARGS(where),
		 SLICE_ARGS(name), error_text(result),
		 result == UV_EADDRINUSE ? "; another program has that port, choose another one with --set " : "",
		 result == UV_EADDRINUSE ? option : "");
	return result;
}

/* The folder with the web client's files: where it is installed, or in the source tree that we were built in. */
static const char *find_web_root(const struct node *node, char path[PATH_MAX])
{
	static const char *const places[] = {"../share/heliograph/web", "../../web-client/dist", "../web-client/dist"};
	char program[PATH_MAX / 2];
	if (node->configuration.web_root[0])
		return node->configuration.web_root;
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length <= 0)
		return NULL;
	program[length] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		snprintf(path, PATH_MAX, "%s/%s", program, places[i]);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static int listen_one(struct node *node, enum transport_kind kind, const struct address *address,
		      char error[CONTROL_ERROR_SIZE])
{
	char path[PATH_MAX];
	struct address bound = *address;
	int result;
	if (kind == TRANSPORT_WS || kind == TRANSPORT_WSS)
		result = web_listen(node->transport, address, kind == TRANSPORT_WSS, find_web_root(node, path), &bound);
	else
		result = transport_listen(node->transport, kind, address, &bound);
	if (result < 0)
		return fail_listen(result, kind, address, error);
	if (node->listener_count < ARRAY_SIZE(node->listeners))
		node->listeners[node->listener_count++] = (struct listener){kind, bound};
	return 0;
}

/* On each address; port 0 becomes one that is free on all of them. */
static int listen_on_all(struct node *node, enum transport_kind kind, uint16_t port, char error[CONTROL_ERROR_SIZE])
{
	struct addresses bind;
	addresses_bind(&node->configuration, &bind);
	if (port == 0)
		port = addresses_free_port(&bind, false);
	for (size_t i = 0; i < bind.count; i++) {
		struct address address = bind.items[i];
		address.port = port;
		int result = listen_one(node, kind, &address, error);
		if (result < 0)
			return result;
	}
	return 0;
}

int listen_udp(struct node *node, char error[CONTROL_ERROR_SIZE])
{
	struct addresses bind;
	addresses_bind(&node->configuration, &bind);
	node->sip_port = (uint16_t)node->configuration.sip_port;
	if (node->sip_port == 0) /* the same for UDP and TCP, as clients expect */
		node->sip_port = addresses_free_port(&bind, true);
	return listen_on_all(node, TRANSPORT_UDP, node->sip_port, error);
}

int listen_connections(struct node *node, char error[CONTROL_ERROR_SIZE])
{
	const struct configuration *configuration = &node->configuration;
	int result = listen_on_all(node, TRANSPORT_TCP, node->sip_port, error);
	if (result == 0)
		result = listen_on_all(node, TRANSPORT_TLS, (uint16_t)configuration->tls_port, error);
	if (result == 0)
		result = listen_on_all(node, TRANSPORT_WS, (uint16_t)configuration->web_port, error);
	if (result < 0)
		return result;
	return listen_on_all(node, TRANSPORT_WSS, (uint16_t)configuration_web_tls_port(configuration), error);
}

/* --- the certificate --- */

static void add_name(struct slice *names, size_t *count, size_t most, struct slice name)
{
	for (size_t i = 0; i < *count; i++) {
		if (slice_equal(names[i], name))
			return;
	}
	if (*count < most)
		names[(*count)++] = name;
}

static int make_certificate(struct node *node, struct certificate_files *files, char error[CONTROL_ERROR_SIZE])
{
	struct slice names[2 * ADDRESSES_MOST + 2];
	char texts[ADDRESSES_MOST][ADDRESS_TEXT_SIZE];
	struct addresses bind, reached;
	size_t count = 0;
	addresses_bind(&node->configuration, &bind);
	addresses_reached(&bind, &reached);
	add_name(names, &count, ARRAY_SIZE(names), node->domain_name);
	for (size_t i = 0; i < node->configuration.domain_aliases.count; i++)
		add_name(names, &count, ADDRESSES_MOST, slice_text(node->configuration.domain_aliases.items[i]));
	for (size_t i = 0; i < reached.count; i++)
		add_name(names, &count, ARRAY_SIZE(names), address_write_ip(&reached.items[i], false, texts[i]));
	add_name(names, &count, ARRAY_SIZE(names), SLICE("localhost"));
	struct certificate_request request = {
		.folder = node->state, .names = names, .name_count = count, .days = CERTIFICATE_DAYS};
	int result = certificate_ensure(&request, files, error);
	if (result == 0 && files->made)
		log_event(node->log, LOG_INFO, "certificate_made", NULL, "a self-signed certificate, kept in %s",
			  files->certificate);
	return result;
}

int listen_set_certificate(struct node *node, char error[CONTROL_ERROR_SIZE])
{
	const struct configuration *configuration = &node->configuration;
	const char *trusted = configuration->tls_trusted[0] ? configuration->tls_trusted : NULL;
	if (configuration->tls_certificate[0])
		return transport_set_tls(node->transport, configuration->tls_certificate, configuration->tls_key,
					 trusted, error);
	struct certificate_files *files = calloc(1, sizeof(*files));
	if (!files) {
		snprintf(error, CONTROL_ERROR_SIZE, "%s", error_text(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	int result = make_certificate(node, files, error);
	if (result == 0)
		result = transport_set_tls(node->transport, files->certificate, files->key, trusted, error);
	free(files);
	return result;
}

static void on_certificate_due(struct timer *timer)
{
	struct node *node = CONTAINER_OF(timer, struct node, certificate);
	char error[CONTROL_ERROR_SIZE];
	if (listen_set_certificate(node, error) < 0)
		log_event(node->log, LOG_ERROR, "certificate_failed", NULL, "%s; the old one stays", error);
	listen_watch_certificate(node);
}

void listen_watch_certificate(struct node *node)
{
	timer_start(node->timers, &node->certificate, DAY_MS, on_certificate_due);
}

/* --- what is printed --- */

/* What others reach a socket by: all addresses of the machine are shown as the first of them, with its port. */
static struct address address_to_open(const struct address *bound)
{
	if (!address_is_any(bound))
		return *bound;
	struct addresses bind = {.items = {*bound}, .count = 1}, reached;
	addresses_reached(&bind, &reached);
	struct address address = reached.count > 0 ? reached.items[0] : *bound;
	address.port = bound->port;
	return address;
}

/* "udp:0.0.0.0:5060,udp:[::]:5060"; with a prefix, addresses that can be opened: "http://192.0.2.1:8080" */
static void print_listeners(const struct node *node, const char *name, enum transport_kind first,
			    enum transport_kind last, const char *prefix)
{
	const char *separator = "";
	printf(" %s=", name);
	for (size_t i = 0; i < node->listener_count; i++) {
		const struct listener *listener = &node->listeners[i];
		if (listener->kind < first || listener->kind > last)
			continue;
		char text[ADDRESS_TEXT_SIZE];
		bool is_shown = prefix && prefix[0];
		struct address address = is_shown ? address_to_open(&listener->bound) : listener->bound;
		struct slice where = address_write(&address, text), kind = transport_parameter(listener->kind);
		if (prefix)
			printf("%s%s%.*s", separator, prefix, SLICE_ARGS(where));
		else
			printf("%s%.*s:%.*s", separator, SLICE_ARGS(kind), SLICE_ARGS(where));
		separator = ",";
	}
}

void listen_print_ready(const struct node *node)
{
	printf("ready domain=%.*s", SLICE_ARGS(node->domain_name));
	print_listeners(node, "sip", TRANSPORT_UDP, TRANSPORT_TCP, NULL);
	print_listeners(node, "tls", TRANSPORT_TLS, TRANSPORT_TLS, "");
	print_listeners(node, "web", TRANSPORT_WS, TRANSPORT_WS, "http://");
	print_listeners(node, "wss", TRANSPORT_WSS, TRANSPORT_WSS, "wss://");
	printf("\n");
	fflush(stdout);
}

static uint16_t port_of(const struct node *node, enum transport_kind kind)
{
	for (size_t i = 0; i < node->listener_count; i++) {
		if (node->listeners[i].kind == kind)
			return node->listeners[i].bound.port;
	}
	return 0;
}

/* How to ask this server, to be pasted into a shell. */
static void print_status_command(const struct node *node)
{
	char program[PATH_MAX] = "heliograph";
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (length > 0)
		program[length] = '\0';
	const char *quote = strpbrk(node->state, " \t$&;()<>|*?\"\\") ? "'" : "";
	printf("\n  How the server is doing:\n    %s status --state %s%s%s\n\n", program, quote, node->state, quote);
}

void listen_print_welcome(const struct node *node)
{
	if (node->demo.count == 0)
		return;
	struct addresses bind, reached;
	char text[ADDRESS_TEXT_SIZE];
	addresses_bind(&node->configuration, &bind);
	addresses_reached(&bind, &reached);
	struct slice host = reached.count > 0 ? address_write_ip(&reached.items[0], true, text) : node->domain_name;
	int domain_length = (int)node->domain_name.length;
	const char *domain = node->domain_name.at;
	unsigned sip = port_of(node, TRANSPORT_UDP), tls = port_of(node, TRANSPORT_TLS);
	printf("\nWelcome to Heliograph.\n\n"
	       "  In a browser   http://%.*s:%u/   (or https://%.*s:%u/)\n"
	       "  SIP server     %.*s, port %u for UDP and TCP, %u for TLS\n"
	       "  Domain         %.*s\n\n"
	       "  Accounts\n",
	       SLICE_ARGS(host), port_of(node, TRANSPORT_WS), SLICE_ARGS(host), port_of(node, TRANSPORT_WSS),
	       SLICE_ARGS(host), sip, tls, domain_length, domain);
	for (size_t i = 0; i < node->demo.count; i++)
		printf("    sip:%.*s@%.*s   password %.*s\n", SLICE_ARGS(node->demo.items[i].user), domain_length,
		       domain, SLICE_ARGS(node->demo.items[i].password));
	const struct credential *first = &node->demo.items[0], *second = &node->demo.items[1 % node->demo.count];
	printf("\n  baresip, a line of ~/.baresip/accounts:\n"
	       "    <sip:%.*s@%.*s>;auth_pass=%.*s;outbound=\"sip:%.*s:%u;transport=udp\";regint=600\n",
	       SLICE_ARGS(first->user), domain_length, domain, SLICE_ARGS(first->password), SLICE_ARGS(host), sip);
	printf("\n  Linphone, \"use SIP account\" (or in linphonec):\n"
	       "    register sip:%.*s@%.*s sip:%.*s:%u;transport=tcp %.*s\n",
	       SLICE_ARGS(second->user), domain_length, domain, SLICE_ARGS(host), sip, SLICE_ARGS(second->password));
	print_status_command(node);
}
