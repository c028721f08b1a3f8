/* Load for one XCAP server on this machine: documents of ten entries, 2 kB, are read or written in a closed loop, over
 * connections that stay open as long as the server lets them. Prints what load.c prints.
 *
 *   documents --work get|put --server HOST:PORT --root PATH [options]
 *     --proof none|digest|TOKEN     digest: the last nonce with its count one higher
 *     --domain NAME --password TEXT --users N    the users u1 …, each of whom has a document
 *     --operations N --window N                  the window is of connections
 *     --server-pid PID --database-pid PID
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"
#include "cost.h"
#include "credentials.h"
#include "text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_BYTES = 8192, ANSWER_BYTES = 16384, PATH_BYTES = 160, ENTRIES = 10, WAIT_MS = 10000 };

struct arguments {
	struct sockaddr_in server;
	struct cost_parties parties;
	struct slice root, domain, password, token;
	unsigned users, operations, window;
	bool is_put, wants_digest;
};

struct connection {
	int socket;
	unsigned user;
	bool is_busy, is_put, was_challenged;
	uint64_t started_us;
	size_t length; /* of what has come */
	char answer[ANSWER_BYTES];
};

struct owner {
	struct credentials credentials;
	char ha1[DIGEST_HEX_BYTES];
};

struct load {
	struct arguments arguments;
	struct connection *connections;
	struct pollfd *polled;
	struct owner *owners;
	struct buffer request, body;
	uint32_t *latency_us; /* NULL while it is prepared */
	unsigned started, done, failed, changes;
	bool is_put; /* what is done now */
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "documents: %s\n", what);
	exit(1);
}

/* --- requests ---------------------------------------------------------------------------------------------------- */

static void write_document(struct load *load)
{
	struct buffer *body = &load->body;
	buffer_clear(body);
	buffer_format(body,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		      "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">\n  <list name=\"friends\">\n"
		      "    <display-name>Friends, as of change %u</display-name>\n",
		      load->changes++);
	for (unsigned i = 0; i < ENTRIES; i++)
		buffer_format(
			body,
			"    <entry uri=\"sip:friend%u@%.*s\">\n      <display-name>Somebody whom I know from the "
			"place where I have been for long, number %u</display-name>\n    </entry>\n",
			i, SLICE_ARGS(load->arguments.domain), i);
	buffer_text(body, "  </list>\n</resource-lists>\n");
}

static void write_proof(struct load *load, unsigned user, struct slice method, struct slice path)
{
	const struct arguments *arguments = &load->arguments;
	struct owner *owner = &load->owners[user];
	if (!slice_is_empty(arguments->token))
		buffer_format(&load->request, "Authorization: Bearer %.*s\r\n", SLICE_ARGS(arguments->token));
	if (!arguments->wants_digest || owner->credentials.nonce[0] == '\0')
		return;
	char name[16];
	int length = snprintf(name, sizeof name, "u%u", user + 1);
	owner->credentials.count++;
	struct credentials_request request = {.method = method,
					      .uri = path,
					      .user = slice_of(name, (size_t)length),
					      .realm = arguments->domain,
					      .ha1 = owner->ha1};
	credentials_write(&owner->credentials, &request, &load->request);
}

static void connect_to_server(struct load *load, struct connection *connection)
{
	const struct sockaddr_in *server = &load->arguments.server;
	const int on = 1;
	connection->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connection->socket < 0 || connect(connection->socket, (const struct sockaddr *)server, sizeof *server) != 0)
		fail(strerror(errno));
	(void)setsockopt(connection->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	load->polled[connection - load->connections] = (struct pollfd){.fd = connection->socket, .events = POLLIN};
}

/* poll passes over what is negative. */
static void disconnect(struct load *load, struct connection *connection)
{
	if (connection->socket >= 0)
		close(connection->socket);
	connection->socket = load->polled[connection - load->connections].fd = -1;
}

static void send_request(struct load *load, struct connection *connection)
{
	if (connection->socket < 0)
		connect_to_server(load, connection);
	const struct arguments *arguments = &load->arguments;
	struct buffer *request = &load->request;
	struct slice method = connection->is_put ? SLICE("PUT") : SLICE("GET");
	char path[PATH_BYTES];
	int length = snprintf(path, sizeof path, "%.*sresource-lists/users/sip:u%u@%.*s/index",
			      SLICE_ARGS(arguments->root), connection->user + 1, SLICE_ARGS(arguments->domain));
	buffer_clear(request);
	buffer_format(request, "%.*s %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: load\r\n", SLICE_ARGS(method), path,
		      SLICE_ARGS(arguments->domain));
	write_proof(load, connection->user, method, slice_of(path, (size_t)length));
	if (connection->is_put) {
		write_document(load);
		buffer_format(request, "Content-Type: application/resource-lists+xml\r\nContent-Length: %zu\r\n",
			      load->body.length);
	}
	buffer_text(request, "\r\n");
	if (connection->is_put)
		buffer_append(request, buffer_slice(&load->body));
	connection->length = 0;
	if (buffer_failed(request) || buffer_failed(&load->body) ||
	    send(connection->socket, request->data, request->length, MSG_NOSIGNAL) != (ssize_t)request->length)
		fail("a request could not be sent");
}

/* --- answers ----------------------------------------------------------------------------------------------------- */

/* All of it is there; false: not yet. */
static bool read_answer(const struct connection *connection, unsigned *status, struct slice *head)
{
	struct slice all = slice_of(connection->answer, connection->length);
	const char *end = memmem(all.at, all.length, "\r\n\r\n", 4);
	uint64_t code, body = 0;
	if (!end)
		return false;
	*head = slice_of(all.at, (size_t)(end - all.at) + 2);
	if (!slice_starts_with(all, SLICE("HTTP/1.1 ")) || !slice_to_number(slice_of(all.at + 9, 3), 599, &code))
		fail("that is no HTTP");
	*status = (unsigned)code;
	(void)slice_to_number(text_header(*head, SLICE("Content-Length")), ANSWER_BYTES, &body);
	return all.length >= head->length + 2 + body;
}

static bool answer_challenge(struct load *load, struct connection *connection, struct slice head)
{
	size_t position = 0;
	struct slice value;
	if (!load->arguments.wants_digest || connection->was_challenged)
		return false;
	while (text_next_header(head, SLICE("WWW-Authenticate"), &position, &value)) {
		struct credentials *credentials = &load->owners[connection->user].credentials;
		if (!credentials_read_challenge(value, CHALLENGED_BY_SERVER, credentials))
			continue;
		connection->was_challenged = true;
		send_request(load, connection);
		return true;
	}
	return false;
}

static void take_answer(struct load *load, struct connection *connection)
{
	unsigned status;
	struct slice head;
	if (!read_answer(connection, &status, &head))
		return;
	if (slice_equal_nocase(text_header(head, SLICE("Connection")), SLICE("close")))
		disconnect(load, connection);
	if (status == 401 && answer_challenge(load, connection, head))
		return;
	connection->is_busy = false;
	if (status / 100 != 2) {
		if (load->failed++ == 0)
			(void)fprintf(stderr, "was not wanted: %.*s\n", SLICE_ARGS(head));
		return;
	}
	if (load->latency_us)
		load->latency_us[load->done] = (uint32_t)(clock_now_us() - connection->started_us);
	load->done++;
}

static void receive(struct load *load, struct connection *connection)
{
	ssize_t count = recv(connection->socket, connection->answer + connection->length,
			     sizeof connection->answer - connection->length, MSG_DONTWAIT);
	if (count > 0) {
		connection->length += (size_t)count;
		take_answer(load, connection);
	} else if (connection->is_busy && (count == 0 || (errno != EAGAIN && errno != EINTR))) {
		fail("the server has closed a connection");
	} else if (count == 0) {
		disconnect(load, connection);
	}
}

/* --- runs -------------------------------------------------------------------------------------------------------- */

static void start(struct load *load, struct connection *connection)
{
	connection->user = load->started++ % load->arguments.users;
	connection->is_busy = true;
	connection->is_put = load->is_put;
	connection->was_challenged = false;
	connection->started_us = clock_now_us();
	send_request(load, connection);
}

/* The users take turns; each connection does the next one when it has its answer. */
static void run(struct load *load, bool is_put, unsigned count)
{
	load->is_put = is_put;
	load->started = load->done = load->failed = 0;
	while (load->done + load->failed < count) {
		for (unsigned i = 0; i < load->arguments.window; i++) {
			if (!load->connections[i].is_busy && load->started < count)
				start(load, &load->connections[i]);
		}
		if (poll(load->polled, load->arguments.window, WAIT_MS) <= 0)
			fail("no answer comes");
		for (unsigned i = 0; i < load->arguments.window; i++) {
			if (load->polled[i].revents != 0)
				receive(load, &load->connections[i]);
		}
	}
}

static void linger(void *arg, unsigned ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	(void)arg;
	(void)nanosleep(&time, NULL);
}

static bool measure(struct load *load)
{
	const struct arguments *arguments = &load->arguments;

	run(load, true, arguments->users);
	if (load->failed > 0)
		return false;
	load->latency_us = calloc(arguments->operations, sizeof *load->latency_us);
	if (!load->latency_us)
		return false;
	struct cost_run cost = {.latency_us = load->latency_us};
	(void)cost_wait_until_idle(&arguments->parties, linger, NULL);
	cost.before = cost_read(&arguments->parties);
	uint64_t began_us = clock_now_us();
	run(load, arguments->is_put, arguments->operations);
	cost.seconds = (double)(clock_now_us() - began_us) / 1e6;
	cost.operations = cost.done = load->done;
	cost.behind_ms = cost_wait_until_idle(&arguments->parties, linger, NULL);
	cost.after = cost_read(&arguments->parties);
	(void)printf("operations=%u failed=%u sent_again=0 ", load->done, load->failed);
	cost_print(&cost);
	free(load->latency_us);
	return load->failed == 0;
}

static bool run_load(const struct arguments *arguments)
{
	struct load load = {.arguments = *arguments};
	load.connections = calloc(arguments->window, sizeof *load.connections);
	load.polled = calloc(arguments->window, sizeof *load.polled);
	load.owners = calloc(arguments->users, sizeof *load.owners);
	if (!load.connections || !load.polled || !load.owners)
		fail("no memory");
	for (unsigned i = 0; i < arguments->users; i++) {
		char name[16];
		int length = snprintf(name, sizeof name, "u%u", i + 1);
		credentials_ha1(slice_of(name, (size_t)length), arguments->domain, arguments->password,
				load.owners[i].ha1);
	}
	buffer_init(&load.request, REQUEST_BYTES);
	buffer_init(&load.body, REQUEST_BYTES);
	for (unsigned i = 0; i < arguments->window; i++)
		load.connections[i].socket = load.polled[i].fd = -1;
	bool is_good = measure(&load);
	for (unsigned i = 0; i < arguments->window; i++)
		disconnect(&load, &load.connections[i]);
	buffer_finish(&load.request);
	buffer_finish(&load.body);
	free(load.connections);
	free(load.polled);
	free(load.owners);
	return is_good;
}

/* --- the command line -------------------------------------------------------------------------------------------- */

static void read_option(int letter, const char *value, struct arguments *arguments)
{
	struct slice text = slice_text(value), port;
	uint64_t number = 0;
	switch (letter) {
	case 'm':
		arguments->is_put = slice_equal(text, SLICE("put"));
		return;
	case 's':
		port = text;
		(void)slice_take(&port, ':');
		if (!slice_to_number(port, 65535, &number))
			fail("the server is 127.0.0.1:PORT");
		arguments->server = (struct sockaddr_in){.sin_family = AF_INET,
							 .sin_port = htons((uint16_t)number),
							 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		return;
	case 'o':
		arguments->root = text;
		return;
	case 'd':
		arguments->domain = text;
		return;
	case 'p':
		arguments->password = text;
		return;
	case 'a':
		arguments->wants_digest = slice_equal(text, SLICE("digest"));
		if (!arguments->wants_digest && !slice_equal(text, SLICE("none")))
			arguments->token = text;
		return;
	default:
		break;
	}
	if (!slice_to_number(text, 1 << 30, &number) || number == 0)
		fail(value);
	if (letter == 'u')
		arguments->users = (unsigned)number;
	else if (letter == 'n')
		arguments->operations = (unsigned)number;
	else if (letter == 'w')
		arguments->window = (unsigned)number;
	else if (letter == 'S')
		arguments->parties.server = (pid_t)number;
	else
		arguments->parties.database = (pid_t)number;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"work", required_argument, NULL, 'm'},         {"server", required_argument, NULL, 's'},
		{"root", required_argument, NULL, 'o'},         {"proof", required_argument, NULL, 'a'},
		{"domain", required_argument, NULL, 'd'},       {"password", required_argument, NULL, 'p'},
		{"users", required_argument, NULL, 'u'},        {"operations", required_argument, NULL, 'n'},
		{"window", required_argument, NULL, 'w'},       {"server-pid", required_argument, NULL, 'S'},
		{"database-pid", required_argument, NULL, 'D'}, {0},
	};
	struct arguments arguments = {.root = SLICE("/xcap/"),
				      .domain = SLICE("example.test"),
				      .password = SLICE("secret"),
				      .users = 1000,
				      .operations = 1000,
				      .window = 32,
				      .wants_digest = true};
	for (int letter; (letter = getopt_long(argc, argv, "", names, NULL)) != -1;) {
		if (letter == '?')
			fail("not an option; see the head of tests/bench/documents.c");
		read_option(letter, optarg, &arguments);
	}
	if (arguments.server.sin_port == 0 || arguments.users < arguments.window)
		fail("--server is missing, or there are fewer users than connections");
	return run_load(&arguments) ? 0 : 1;
}
