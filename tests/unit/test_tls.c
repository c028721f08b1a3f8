/* TLS on streams: our side of it and OpenSSL's own client, with certificates made here. SPDX-License-Identifier: MIT */
#include "certificate.h"
#include "test.h"
#include "transport_world.h"

struct tls_world {
	struct world world;
	struct certificate certificate;
	SSL_CTX *client_context;
};

static bool set_tls(struct tls_world *tls)
{
	char error[TRANSPORT_ERROR_SIZE];
	const struct certificate *certificate = &tls->certificate;
	return transport_set_tls(tls->world.transport, certificate->certificate_file, certificate->key_file,
				 certificate->certificate_file, error) == 0;
}

static bool open_tls(struct tls_world *tls)
{
	struct transport_options options = world_options();
	world_open(&tls->world, &options);
	tls->client_context = SSL_CTX_new(TLS_client_method());
	struct address address = world_loopback(0);
	return tls->client_context && certificate_make(&tls->certificate, "DNS:sip.example.test,IP:127.0.0.1") &&
	       set_tls(tls) && transport_listen(tls->world.transport, TRANSPORT_TLS, &address, &tls->world.bound) == 0;
}

static bool close_tls(struct tls_world *tls)
{
	SSL_CTX_free(tls->client_context);
	certificate_remove(&tls->certificate);
	return world_close(&tls->world);
}

/* Turns the loop until the handshake is done or has failed. */
static bool client_handshake(struct tls_world *tls, struct client *client)
{
	client->tls = SSL_new(tls->client_context);
	if (!client->tls || SSL_set_fd(client->tls, client->descriptor) != 1)
		return false;
	for (int i = 0; i < WAIT_MS; i++) {
		int result = SSL_connect(client->tls);
		if (result == 1)
			return true;
		if (SSL_get_error(client->tls, result) != SSL_ERROR_WANT_READ)
			return false;
		world_turn(&tls->world);
	}
	return false;
}

static bool client_tls(struct tls_world *tls, struct client *client)
{
	return client_connect(client, &tls->world.bound) && client_handshake(tls, client);
}

static void messages_go_both_ways(const char *protocol)
{
	struct tls_world tls;
	static struct client client;
	CHECK(open_tls(&tls));
	int version = strcmp(protocol, "TLSv1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	CHECK(SSL_CTX_set_max_proto_version(tls.client_context, version) == 1);
	CHECK(client_tls(&tls, &client));
	CHECK_TEXT(slice_text(SSL_get_version(client.tls)), protocol);
	CHECK(client_text(&tls.world, &client, MESSAGE "\r\n\r\n"));
	CHECK(world_wait_messages(&tls.world, 1));
	CHECK_NUMBER(tls.world.message_length[0], strlen(MESSAGE));
	CHECK_NUMBER(tls.world.last_flow.transport, TRANSPORT_TLS);
	CHECK(client_wait(&tls.world, &client, 2));
	client_drop(&client, 2);
	static char block[40000];
	memset(block, 'x', sizeof block);
	CHECK_NUMBER(transport_send(tls.world.transport, &tls.world.last_flow, slice_of(block, sizeof block)), 0);
	CHECK_NUMBER(transport_send(tls.world.transport, &tls.world.last_flow, SLICE("the end")), 0);
	transport_close_flow(tls.world.transport, &tls.world.last_flow);
	CHECK(client_wait(&tls.world, &client, sizeof block + 7));
	CHECK_NUMBER(memcmp(client.bytes + sizeof block, "the end", 7), 0);
	/* An orderly end says so. */
	CHECK(client_wait_end(&tls.world, &client));
	CHECK_NUMBER(SSL_get_shutdown(client.tls) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	client_close(&client);
	CHECK(world_wait_closed(&tls.world, 1));
	CHECK(close_tls(&tls));
}

static void messages_go_both_ways_over_tls_1_2(void)
{
	messages_go_both_ways("TLSv1.2");
}

static void messages_go_both_ways_over_tls_1_3(void)
{
	messages_go_both_ways("TLSv1.3");
}

static void handshake_and_message_may_come_in_single_bytes(void)
{
	struct tls_world tls;
	static struct client client;
	CHECK(open_tls(&tls));
	CHECK(client_connect(&client, &tls.world.bound));
	client.tls = SSL_new(tls.client_context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	SSL_set_bio(client.tls, in, out);
	SSL_set_connect_state(client.tls);
	bool sent = false;
	for (int i = 0; i < WAIT_MS && tls.world.message_count == 0; i++) {
		char byte, bytes[4096];
		if (SSL_do_handshake(client.tls) == 1 && !sent)
			sent = SSL_write(client.tls, MESSAGE, (int)strlen(MESSAGE)) > 0;
		while (BIO_read(out, &byte, 1) == 1) {
			CHECK(send(client.descriptor, &byte, 1, MSG_NOSIGNAL) == 1);
			uv_run(&tls.world.loop, UV_RUN_NOWAIT);
		}
		world_turn(&tls.world);
		ssize_t got = recv(client.descriptor, bytes, sizeof bytes, 0);
		if (got > 0)
			CHECK_NUMBER(BIO_write(in, bytes, (int)got), got);
	}
	CHECK_NUMBER(tls.world.message_count, 1);
	client_close(&client);
	CHECK(world_wait_closed(&tls.world, 1));
	CHECK(close_tls(&tls));
}

static void sip_is_chosen_by_alpn_and_others_are_let_in(void)
{
	struct tls_world tls;
	static struct client client;
	CHECK(open_tls(&tls));
	const unsigned char *chosen;
	unsigned length;
	CHECK_NUMBER(SSL_CTX_set_alpn_protos(tls.client_context, (const unsigned char *)"\x02h2\x03sip", 7), 0);
	CHECK(client_tls(&tls, &client));
	SSL_get0_alpn_selected(client.tls, &chosen, &length);
	CHECK_TEXT(slice_of((const char *)chosen, length), "sip");
	client_close(&client);
	CHECK_NUMBER(SSL_CTX_set_alpn_protos(tls.client_context, (const unsigned char *)"\x02h2", 3), 0);
	CHECK(client_tls(&tls, &client));
	SSL_get0_alpn_selected(client.tls, &chosen, &length);
	CHECK_NUMBER(length, 0);
	client_close(&client);
	CHECK(close_tls(&tls));
}

static void old_versions_and_plain_text_are_refused(void)
{
	struct tls_world tls;
	static struct client client;
	CHECK(open_tls(&tls));
	SSL_CTX_set_security_level(tls.client_context, 0);
	CHECK(SSL_CTX_set_min_proto_version(tls.client_context, TLS1_VERSION) == 1);
	CHECK(SSL_CTX_set_max_proto_version(tls.client_context, TLS1_1_VERSION) == 1);
	CHECK(!client_tls(&tls, &client));
	client_close(&client);
	CHECK(client_connect(&client, &tls.world.bound));
	CHECK(client_text(&tls.world, &client, MESSAGE));
	CHECK(client_wait_end(&tls.world, &client));
	client_close(&client);
	CHECK_NUMBER(tls.world.message_count, 0);
	CHECK_NUMBER(tls.world.closed_count, 0); /* it had never been up */
	CHECK(close_tls(&tls));
}

static void unfinished_handshake_is_aborted(void)
{
	struct tls_world tls;
	static struct client client;
	CHECK(open_tls(&tls));
	CHECK(client_connect(&client, &tls.world.bound));
	CHECK(client_write(&tls.world, &client, "\x16\x03\x01", 3));
	world_turns(&tls.world, 10);
	CHECK_NUMBER(transport_counters(tls.world.transport)->open_connections[TRANSPORT_TLS], 1);
	world_pass(&tls.world, 31);
	CHECK(client_wait_end(&tls.world, &client));
	client_close(&client);
	CHECK_NUMBER(transport_counters(tls.world.transport)->open_connections[TRANSPORT_TLS], 0);
	CHECK(close_tls(&tls));
}

/* The world connects to itself. */
static void opened_connection_verifies_the_name(void)
{
	struct tls_world tls;
	CHECK(open_tls(&tls));
	struct transport *transport = tls.world.transport;
	static const char *const good[] = {"sip.example.test", "127.0.0.1", ""};
	struct flow flow, again;
	for (unsigned i = 0; i < ARRAY_SIZE(good); i++) {
		struct slice host = slice_text(good[i]);
		CHECK_NUMBER(transport_open(transport, TRANSPORT_TLS, &tls.world.bound, host, &flow), 0);
		CHECK_NUMBER(transport_send(transport, &flow, SLICE(MESSAGE)), 0);
		CHECK(world_wait_messages(&tls.world, i + 1));
		CHECK(transport_is_open(transport, &flow));
		CHECK_NUMBER(transport_open(transport, TRANSPORT_TLS, &tls.world.bound, host, &again), 0);
		CHECK(flow_equal(&flow, &again));
	}
	CHECK_NUMBER(tls.world.closed_count, 0);
	CHECK_NUMBER(transport_open(transport, TRANSPORT_TLS, &tls.world.bound, SLICE("example.test"), &flow), 0);
	CHECK_NUMBER(transport_send(transport, &flow, SLICE(MESSAGE)), 0);
	for (int i = 0; i < WAIT_MS && transport_is_open(transport, &flow); i++)
		world_turn(&tls.world);
	world_turns(&tls.world, 10);
	CHECK(!transport_is_open(transport, &flow));
	CHECK_NUMBER(tls.world.message_count, 3);
	CHECK(close_tls(&tls));
}

static void renewed_certificate_is_shown_to_new_connections(void)
{
	struct tls_world tls;
	static struct client old, new;
	CHECK(open_tls(&tls));
	CHECK(client_tls(&tls, &old));
	certificate_remove(&tls.certificate);
	CHECK(certificate_make(&tls.certificate, "DNS:new.example.test"));
	CHECK(set_tls(&tls));
	CHECK(client_tls(&tls, &new));
	X509 *shown = SSL_get1_peer_certificate(new.tls);
	bool is_new = shown && X509_check_host(shown, "new.example.test", 0, 0, NULL) == 1;
	X509_free(shown);
	CHECK(is_new);
	CHECK(client_text(&tls.world, &old, MESSAGE));
	CHECK(world_wait_messages(&tls.world, 1));
	client_close(&old);
	client_close(&new);
	CHECK(close_tls(&tls));
}

static void wrong_files_are_refused_with_a_sentence_and_the_old_stay(void)
{
	struct tls_world tls;
	static struct client client;
	struct certificate other;
	char error[TRANSPORT_ERROR_SIZE];
	CHECK(open_tls(&tls));
	CHECK(certificate_make(&other, "DNS:other.test"));
	const char *certificate = tls.certificate.certificate_file, *key = tls.certificate.key_file;
	const struct {
		const char *certificate, *key, *trusted, *said;
	} rows[] = {
		{certificate, other.key_file, NULL, "key"},
		{certificate, "/nowhere/key.pem", NULL, "/nowhere/key.pem: cannot use the private key"},
		{"/nowhere/certificate.pem", key, NULL, "/nowhere/certificate.pem: cannot read the certificate"},
		{certificate, certificate, NULL, "cannot use the private key"},
		{certificate, key, "/nowhere/trusted.pem", "/nowhere/trusted.pem: cannot read"},
		{certificate, NULL, NULL, "a certificate needs its private key"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_NUMBER(transport_set_tls(tls.world.transport, rows[i].certificate, rows[i].key, rows[i].trusted,
					       error),
			     ERR_TLS);
		CHECK(strstr(error, rows[i].said) != NULL);
	}
	certificate_remove(&other);
	CHECK(client_tls(&tls, &client));
	client_close(&client);
	CHECK(close_tls(&tls));
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does (transport_create) */
#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}
	static const struct test tests[] = {
		TEST(messages_go_both_ways_over_tls_1_2),
		TEST(messages_go_both_ways_over_tls_1_3),
		TEST(handshake_and_message_may_come_in_single_bytes),
		TEST(sip_is_chosen_by_alpn_and_others_are_let_in),
		TEST(old_versions_and_plain_text_are_refused),
		TEST(unfinished_handshake_is_aborted),
		TEST(opened_connection_verifies_the_name),
		TEST(renewed_certificate_is_shown_to_new_connections),
		TEST(wrong_files_are_refused_with_a_sentence_and_the_old_stay),
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
