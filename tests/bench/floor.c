/* What this machine gives at best to any server like ours: datagrams in batches over loopback, and rows in batches into
 * PostgreSQL. Prints one line of name=value.
 *
 *   floor CONNECTION-STRING SECONDS
 *
 * SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "clock.h"

#include <errno.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A SIP request of middling size, and as many at a time as a busy server finds waiting. */
enum { DATAGRAM_BYTES = 400, BATCH = 32, ROWS = 500, ROW_BUFFER_BYTES = 1 << 20 };
/* The echoing process ends when nothing has come for so long. */
enum { SILENCE_MS = 500 };

static void fail(const char *what)
{
	(void)fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

/* --- datagrams ------------------------------------------------------------------------------------------------- */

struct datagrams {
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	struct sockaddr_in peers[BATCH];
	char bytes[BATCH][DATAGRAM_BYTES];
};

static void clear(struct datagrams *datagrams)
{
	for (int i = 0; i < BATCH; i++) {
		datagrams->vectors[i] = (struct iovec){.iov_base = datagrams->bytes[i], .iov_len = DATAGRAM_BYTES};
		datagrams->messages[i].msg_hdr = (struct msghdr){.msg_name = &datagrams->peers[i],
								 .msg_namelen = sizeof datagrams->peers[i],
								 .msg_iov = &datagrams->vectors[i],
								 .msg_iovlen = 1};
	}
}

static int open_socket(struct sockaddr_in *address)
{
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof *address;
	int opened = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (opened < 0 || bind(opened, (struct sockaddr *)address, length) != 0 ||
	    getsockname(opened, (struct sockaddr *)address, &length) != 0)
		fail("cannot open a socket");
	return opened;
}

static bool wait_readable(int socket_number)
{
	struct pollfd readable = {.fd = socket_number, .events = POLLIN};
	return poll(&readable, 1, SILENCE_MS) > 0;
}

static void send_all(int socket_number, struct datagrams *datagrams, int count)
{
	for (int sent = 0; sent < count;) {
		int now = sendmmsg(socket_number, datagrams->messages + sent, (unsigned)(count - sent), 0);
		if (now <= 0 && errno != EINTR)
			fail("sendmmsg");
		sent += now > 0 ? now : 0;
	}
}

/* Waits first, as a server's loop does. */
static void echo(int socket_number)
{
	static struct datagrams datagrams;
	while (wait_readable(socket_number)) {
		clear(&datagrams);
		send_all(socket_number, &datagrams,
			 recvmmsg(socket_number, datagrams.messages, BATCH, MSG_DONTWAIT, NULL));
	}
}

/* Sends two batches ahead, and then one for each that returns. */
static unsigned long drive_echo(int socket_number, const struct sockaddr_in *to, unsigned seconds)
{
	static struct datagrams datagrams;
	unsigned long echoes = 0;
	int outstanding = 0;
	for (uint64_t end_us = clock_now_us() + seconds * UINT64_C(1000000); clock_now_us() < end_us;) {
		while (outstanding <= BATCH) {
			clear(&datagrams);
			for (int i = 0; i < BATCH; i++)
				datagrams.peers[i] = *to;
			send_all(socket_number, &datagrams, BATCH);
			outstanding += BATCH;
		}
		clear(&datagrams);
		int came = wait_readable(socket_number)
				   ? recvmmsg(socket_number, datagrams.messages, BATCH, MSG_DONTWAIT, NULL)
				   : 0;
		if (came <= 0)
			fail("the echo is silent");
		echoes += (unsigned long)came;
		outstanding -= came;
	}
	return echoes;
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void measure_datagrams(unsigned seconds)
{
	struct sockaddr_in server_address, client_address;
	int server = open_socket(&server_address), client = open_socket(&client_address);
	pid_t child = fork();
	if (child < 0)
		fail("cannot fork");
	if (child == 0) {
		echo(server);
		_exit(0);
	}
	unsigned long echoes = drive_echo(client, &server_address, seconds);
	struct rusage usage;
	if (wait4(child, NULL, 0, &usage) != child || echoes == 0)
		fail("the echo is lost");
	double cpu_s = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
	(void)printf("echo_us=%.2f echoes=%lu ", cpu_s * 1e6 / (double)echoes, echoes / seconds);
	close(server);
	close(client);
}

/* --- rows -------------------------------------------------------------------------------------------------------- */

static void expect_ok(PGconn *connection, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail(PQerrorMessage(connection));
	PQclear(result);
}

/* Rows of the size of a kept message, with one index, `ROWS` in each transaction. */
static void measure_rows(const char *connection_string, unsigned seconds)
{
	PGconn *connection = PQconnectdb(connection_string);
	if (PQstatus(connection) != CONNECTION_OK)
		fail(PQerrorMessage(connection));
	expect_ok(connection, PQexec(connection, "CREATE TABLE floor_rows (id bigserial PRIMARY KEY, receiver text, "
						 "sender text, body text, at timestamptz DEFAULT now())"));
	expect_ok(connection, PQprepare(connection, "insert",
					"INSERT INTO floor_rows (receiver, sender, body) "
					"SELECT * FROM unnest($1::text[], $2::text[], $3::text[])",
					3, NULL));
	struct buffer columns[3];
	for (int i = 0; i < 3; i++)
		buffer_init(&columns[i], ROW_BUFFER_BYTES);
	unsigned long rows = 0;
	uint64_t began_us = clock_now_us();
	while (clock_now_us() < began_us + seconds * UINT64_C(1000000)) {
		for (int i = 0; i < 3; i++)
			buffer_clear(&columns[i]);
		for (unsigned i = 0; i < ROWS; i++, rows++) {
			char before = i == 0 ? '{' : ',';
			buffer_format(&columns[0], "%cu%lu@example.test", before, rows % 50000);
			buffer_format(&columns[1], "%cu%lu@example.test", before, rows % 1000);
			buffer_format(&columns[2], "%c\"This is message number %10lu of a run that measures servers.\"",
				      before, rows);
		}
		const char *values[3];
		for (int i = 0; i < 3; i++) {
			buffer_append(&columns[i], slice_of("}", 2)); /* with its terminator */
			values[i] = columns[i].data;
		}
		expect_ok(connection, PQexecPrepared(connection, "insert", 3, values, NULL, NULL, 0));
	}
	double passed_s = (double)(clock_now_us() - began_us) / 1e6;
	(void)printf("rows=%.0f\n", (double)rows / passed_s);
	expect_ok(connection, PQexec(connection, "DROP TABLE floor_rows"));
	for (int i = 0; i < 3; i++)
		buffer_finish(&columns[i]);
	PQfinish(connection);
}

int main(int argc, char **argv)
{
	uint64_t seconds;
	if (argc != 3 || !slice_to_number(slice_text(argv[2]), 60, &seconds) || seconds == 0)
		fail("a connection string and seconds are wanted");
	measure_datagrams((unsigned)seconds);
	measure_rows(argv[1], (unsigned)seconds);
	return 0;
}
