/* The web listeners: HTTP, the web client's files, TLS and its renewal, several listeners.
 * SPDX-License-Identifier: MIT */
#include "web_world.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

/* A folder for one test: the web client's files below root/, and things beside it that nobody may have. */

struct folder {
	char path[64], root[80];
};

static const struct {
	const char *name, *contents;
} files[] = {
	{"secret", "secret"},
	{"root/index.html", "<h1>index</h1>"},
	{"root/.hidden", "secret"},
	{"root/style.css", "css"},
	{"root/app.webmanifest", "{}"},
	{"root/assets/app-123.js", "console.log('plain')"},
	{"root/assets/app-123.js.gz", "not really gzip"},
	{"root/assets/both.js", "plain"},
	{"root/assets/both.js.gz", "not really gzip"},
	{"root/assets/both.js.br", "not really br"},
	{"root/assets/app-123.js.map", "{}"},
	{"root/sub/index.html", "<h1>sub</h1>"},
	{"root/font.woff2", "font"},
	{"root/icon.svg", "<svg/>"},
};

static bool write_file(const char *folder, const char *name, const char *contents)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	return file && fputs(contents, file) >= 0 && fclose(file) == 0;
}

static bool folder_create(struct folder *folder)
{
	snprintf(folder->path, sizeof folder->path, "/tmp/test_web_XXXXXX");
	if (!mkdtemp(folder->path))
		return false;
	snprintf(folder->root, sizeof folder->root, "%s/root", folder->path);
	static const char *const folders[] = {"root", "root/assets", "root/sub"};
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		char path[160];
		snprintf(path, sizeof path, "%s/%s", folder->path, folders[i]);
		if (mkdir(path, 0700) < 0)
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (!write_file(folder->path, files[i].name, files[i].contents))
			return false;
	return true;
}

static void folder_remove(const struct folder *folder)
{
	static const char *const more[] = {"large", "root/large.bin", "a.pem",    "a.key", "b.pem",
					   "b.key", "root/assets",    "root/sub", "root",  ""};
	char path[160];
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof path, "%s/%s", folder->path, files[i].name);
		(void)remove(path);
	}
	for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
		snprintf(path, sizeof path, "%s/%s", folder->path, more[i]);
		(void)remove(path);
	}
}

static bool open_files(struct world *world, struct folder *folder)
{
	struct transport_options options = world_options();
	world_open(world, &options);
	struct address address = world_loopback(0);
	return folder_create(folder) && web_listen(world->transport, &address, false, folder->root, &world->bound) == 0;
}

#define GET(path, headers) "GET " path " HTTP/1.1\r\nHost: example.test\r\n" headers "\r\n"

static void files_have_their_types_and_caching(void)
{
	static const struct {
		const char *request, *type, *caching, *body;
	} cases[] = {
		{GET("/", ""), "text/html; charset=utf-8", "no-cache", "<h1>index</h1>"},
		{GET("/?a=b&c=d", ""), "text/html; charset=utf-8", "no-cache", "<h1>index</h1>"},
		{GET("/index.html", ""), "text/html; charset=utf-8", "no-cache", "<h1>index</h1>"},
		{GET("/sub/", ""), "text/html; charset=utf-8", "no-cache", "<h1>sub</h1>"},
		{GET("/style.css", ""), "text/css; charset=utf-8", "no-cache", "css"},
		{GET("/st%79le.css", ""), "text/css; charset=utf-8", "no-cache", "css"},
		{GET("/app.webmanifest", ""), "application/manifest+json", "no-cache", "{}"},
		{GET("/font.woff2", ""), "font/woff2", "no-cache", "font"},
		{GET("/icon.svg", ""), "image/svg+xml", "no-cache", "<svg/>"},
		{GET("/assets/app-123.js", ""), "text/javascript; charset=utf-8", "public, max-age=31536000, immutable",
		 "console.log('plain')"},
		{GET("/assets/app-123.js", "Accept-Encoding: gzip;q=0, br\r\n"), "text/javascript; charset=utf-8",
		 "public, max-age=31536000, immutable", "console.log('plain')"},
		{GET("/assets/app-123.js", "Accept-Encoding: br, gzip, deflate\r\n"), "text/javascript; charset=utf-8",
		 "public, max-age=31536000, immutable", "not really gzip"},
		{GET("/assets/both.js", "Accept-Encoding: gzip, deflate, br\r\n"), "text/javascript; charset=utf-8",
		 "public, max-age=31536000, immutable", "not really br"},
		{GET("/assets/both.js", "Accept-Encoding: gzip, br;q=0\r\n"), "text/javascript; charset=utf-8",
		 "public, max-age=31536000, immutable", "not really gzip"},
		{GET("/assets/both.js", "Accept-Encoding: zstd\r\n"), "text/javascript; charset=utf-8",
		 "public, max-age=31536000, immutable", "plain"},
		{GET("/assets/app-123.js.map", ""), "application/json", "public, max-age=31536000, immutable", "{}"},
		{GET("/health", ""), "text/plain; charset=utf-8", "no-store", "ok\n"},
	};
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_NUMBER(client_request(&world, &client, cases[i].request), 200);
		char line[128];
		snprintf(line, sizeof line, "content-type: %s", cases[i].type);
		CHECK(client_has_header(&client, line));
		snprintf(line, sizeof line, "cache-control: %s", cases[i].caching);
		CHECK(client_has_header(&client, line));
		CHECK(client_has_header(&client, "x-content-type-options: nosniff"));
		CHECK(client_has_header(&client, "referrer-policy: no-referrer"));
		CHECK(strcasestr(client.bytes, "\r\ncontent-security-policy: default-src 'none';") != NULL);
		CHECK_NUMBER(client_has_header(&client, "content-encoding: gzip"),
			     strstr(cases[i].body, "gzip") != NULL);
		CHECK_NUMBER(client_has_header(&client, "content-encoding: br"), strstr(cases[i].body, " br") != NULL);
		CHECK_TEXT(slice_text(client_body(&client)), cases[i].body);
		client_close(&client);
	}
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void nothing_leads_out_of_the_root(void)
{
	static const char *const requests[] = {
		GET("/../secret", ""),
		GET("/sub/../../secret", ""),
		GET("/%2e%2e/secret", ""),
		GET("/..%2fsecret", ""),
		GET("/sub/..%2f..%2fsecret", ""),
		GET("/%2e%2e%2fsecret", ""),
		GET("/..%5csecret", ""),
		GET("/.../secret", ""),
		GET("//../secret", ""),
		GET("/./../secret", ""),
		GET("/;/../secret", ""),
		GET("/a&/../../secret", ""),
		GET("/.hidden", ""),
		GET("/%2ehidden", ""),
		GET("/sub/../.hidden", ""),
		GET("/style.css%00.html", ""),
		GET("/%00/../secret", ""),
		GET("/style.css/", ""),
		GET("/sub", ""),
		GET("/assets/", ""),
		GET("/nothing", ""),
		GET("/secret", ""),
		GET("http://example.test/../secret", ""),
		GET("secret", ""),
	};
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		/* 0: the connection was closed without an answer */
		int status = client_request(&world, &client, requests[i]);
		CHECK(status == 404 || status == 400 || status == 403 || status == 0);
		CHECK(strstr(client.bytes, "secret") == NULL);
		client_close(&client);
	}
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void the_same_file_again_is_304(void)
{
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	CHECK_NUMBER(client_request(&world, &client, GET("/style.css", "")), 200);
	const char *etag = strcasestr(client.bytes, "\r\netag: ");
	CHECK(etag != NULL);
	char request[256];
	snprintf(request, sizeof request, GET("/style.css", "If-None-Match: W/\"x\", %.*s\r\n"),
		 (int)strcspn(etag + 8, "\r"), etag + 8);
	client_close(&client);
	CHECK_NUMBER(client_request(&world, &client, request), 304);
	CHECK_TEXT(slice_text(client_body(&client)), "");
	client_close(&client);
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void methods_are_get_and_head(void)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{"HEAD /style.css HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n", 200},
		{"HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", 404},
		{"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405},
		{"POST /style.css HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405},
		{"PUT /style.css HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405},
		{"DELETE /style.css HTTP/1.1\r\nHost: a\r\n\r\n", 405},
		{"CONNECT example.test:443 HTTP/1.1\r\nHost: a\r\n\r\n", 0},
		{"OPTIONS sip:a SIP/2.0\r\n\r\n", 0},
		{"\r\n\r\n\r\n\r\n", 0},
	};
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* RFC 9112 §9.3: whoever gets no answer waits no longer than the connection lives */
		CHECK(client_connect(&client, &world.bound));
		CHECK(client_text(&world, &client, cases[i].request));
		if (cases[i].status == 0)
			CHECK(shutdown(client.descriptor, SHUT_WR) == 0);
		int status = client_answer(&world, &client, false);
		CHECK(status == cases[i].status || (cases[i].status == 0 && status >= 400));
		if (strncmp(cases[i].request, "HEAD", 4) == 0) {
			world_turns(&world, 5);
			client_read(&client);
			CHECK_TEXT(slice_text(client_body(&client)), "");
		}
		client_close(&client);
	}
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void one_connection_carries_several_requests_and_then_a_websocket(void)
{
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	CHECK(client_connect(&client, &world.bound));
	static const struct {
		const char *request, *body;
	} cases[] = {
		{GET("/health", ""), "ok\n"},
		{GET("/style.css", ""), "css"},
		{GET("/nothing", ""), NULL},
		{GET("/sub/", ""), "<h1>sub</h1>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK(client_text(&world, &client, cases[i].request));
		CHECK(client_answer(&world, &client, true) >= 200);
		if (cases[i].body)
			CHECK_TEXT(slice_text(client_body(&client)), cases[i].body);
		client_drop(&client, client.length);
	}
	CHECK(client_upgrade(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "hello", 5));
	CHECK(world_wait_messages(&world, 1));
	client_close(&client);

	/* both at once */
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, GET("/health", "") GET("/style.css", "")));
	CHECK_NUMBER(client_answer(&world, &client, true), 200);
	client_drop(&client, (size_t)(client_body(&client) - client.bytes) + 3);
	CHECK_NUMBER(client_answer(&world, &client, true), 200);
	CHECK_TEXT(slice_text(client_body(&client)), "css");
	client_close(&client);
	folder_remove(&folder);
	CHECK(world_close(&world));
}

/* Requests sent without waiting, with bodies among them: libwebsockets 4.1 would loop over what follows a body. */
static void a_body_ends_its_connection_with_all_that_follows(void)
{
	static const struct {
		const char *requests, *first, *second;
	} cases[] = {
		{GET("/health", "") "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" GET("/style.css",
													""),
		 "200", "405"},
		{GET("/health", "") GET("/x", "Content-Length: 5\r\n") "hello" GET("/style.css", ""), "200", "400"},
		{GET("/health", "") GET("/x", "Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n0\r\n\r\n", "200",
		 "400"},
		{GET("/health", "") UPGRADE("/ws", "Content-Length: 9\r\n") "123456789", "200", "400"},
	};
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK(client_connect(&client, &world.bound));
		CHECK(client_text(&world, &client, cases[i].requests));
		CHECK(client_wait_end(&world, &client));
		CHECK(strncmp(client.bytes + 9, cases[i].first, 3) == 0);
		const char *second = strstr(client.bytes, "ok\n");
		CHECK(second && strncmp(second + 3 + 9, cases[i].second, 3) == 0);
		CHECK(strstr(second, "css") == NULL);
		client_close(&client);
	}
	folder_remove(&folder);
	CHECK(world_close(&world));
}

/* The handshake's time is libwebsockets' own: this one waits for it. */
static void half_a_request_ends_after_the_handshake_time(void)
{
	struct world world;
	static struct client clients[2];
	struct transport_options options = world_options();
	options.handshake_s = 1;
	world_open(&world, &options);
	struct address address = world_loopback(0);
	CHECK_NUMBER(web_listen(world.transport, &address, false, NULL, &world.bound), 0);
	CHECK(client_connect(&clients[0], &world.bound) && client_connect(&clients[1], &world.bound));
	CHECK(client_text(&world, &clients[0], "GET / HTTP/1.1\r\nHo"));
	CHECK(client_wait_end(&world, &clients[0]) && client_wait_end(&world, &clients[1]));
	client_close(&clients[0]);
	client_close(&clients[1]);
	CHECK(world_close(&world));
}

/* libwebsockets goes on after it has answered these, without the request's headers. */
static void unknown_upgrades_harm_nobody(void)
{
	struct world world;
	struct folder folder;
	static struct client client;
	CHECK(open_files(&world, &folder));
	CHECK_NUMBER(client_request(&world, &client, GET("/", "Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n")), 403);
	client_close(&client);
	CHECK_NUMBER(client_request(&world, &client, GET("/health", "")), 200);
	client_drop(&client, client.length);
	CHECK(client_text(&world, &client, GET("/", "Connection: keep-alive, Upgrade\r\nUpgrade: TLS/1.0\r\n")));
	CHECK_NUMBER(client_answer(&world, &client, true), 403);
	CHECK(client_wait_end(&world, &client));
	client_close(&client);
	CHECK_NUMBER(client_request(&world, &client, GET("/health", "")), 200);
	client_close(&client);
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void large_files_come_whole(void)
{
	struct world world;
	struct folder folder;
	static struct client client;
	static char large[100001];
	for (size_t i = 0; i < sizeof large - 1; i++)
		large[i] = (char)('a' + i * 7 % 26);
	CHECK(open_files(&world, &folder));
	CHECK(write_file(folder.root, "large.bin", large));
	CHECK_NUMBER(client_request(&world, &client, GET("/large.bin", "")), 200);
	CHECK(client_has_header(&client, "content-type: application/octet-stream"));
	CHECK(strcmp(client_body(&client), large) == 0);
	client_close(&client);
	/* and whoever goes away in the middle takes nothing along */
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, GET("/large.bin", "")));
	world_turns(&world, 2);
	client_close(&client);
	world_turns(&world, 5);
	folder_remove(&folder);
	CHECK(world_close(&world));
}

static void several_listeners_each_know_their_connections(void)
{
	struct world world;
	static struct client client;
	struct transport_options options = world_options();
	world_open(&world, &options);
	struct address address = world_loopback(0), first, second;
	CHECK_NUMBER(web_listen(world.transport, &address, false, NULL, &first), 0);
	/* The same port on another address: the Host header must not make one the other. */
	second = first;
	second.ip[3] = 2;
	CHECK_NUMBER(web_listen(world.transport, &second, false, NULL, NULL), 0);
	CHECK_NUMBER(web_listen(world.transport, &first, false, NULL, NULL), UV_EADDRINUSE);
	address.ip[0] = 192;
	CHECK_NUMBER(web_listen(world.transport, &address, false, NULL, NULL), UV_EADDRNOTAVAIL);

	for (unsigned i = 0; i < 2; i++) {
		world.bound = i == 0 ? first : second;
		CHECK(client_websocket(&world, &client));
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "hello", 5));
		CHECK(world_wait_messages(&world, i + 1));
		CHECK_NUMBER(world.last_flow.listener, i);
		client_close(&client);
	}
	struct address six = {.ip = {[15] = 1}, .family = ADDRESS_IPV6};
	int result = web_listen(world.transport, &six, false, NULL, &world.bound);
	if (result != UV_EADDRNOTAVAIL && result != UV_EAFNOSUPPORT) { /* a machine without IPv6 */
		CHECK_NUMBER(result, 0);
		CHECK(client_websocket(&world, &client));
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "hello", 5));
		CHECK(world_wait_messages(&world, 3));
		CHECK_NUMBER(world.last_flow.peer.family, ADDRESS_IPV6);
		client_close(&client);
		/* all addresses of both families, side by side on one port */
		six.ip[15] = 0;
		CHECK_NUMBER(web_listen(world.transport, &six, false, NULL, &world.bound), 0);
		address = (struct address){.family = ADDRESS_IPV4, .port = world.bound.port};
		CHECK_NUMBER(web_listen(world.transport, &address, false, NULL, NULL), 0);
		world.bound = world_loopback(world.bound.port);
		CHECK(client_websocket(&world, &client));
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "hello", 5));
		CHECK(world_wait_messages(&world, 4));
		CHECK_NUMBER(world.last_flow.peer.family, ADDRESS_IPV4);
		CHECK_NUMBER(world.last_flow.listener, 4);
		client_close(&client);
	}
	struct address any = {.family = ADDRESS_IPV4};
	CHECK_NUMBER(web_listen(world.transport, &any, false, NULL, &world.bound), 0);
	world.bound = world_loopback(world.bound.port);
	CHECK_NUMBER(client_request(&world, &client, GET("/health", "")), 200);
	client_close(&client);
	CHECK_NUMBER(client_request(&world, &client, GET("/", "")), 404);
	client_close(&client);
	CHECK(world_close(&world));
}

/* TLS */

static bool write_certificate(const struct folder *folder, const char *letter, const char *name)
{
	char path[160];
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);
	bool good = key && certificate && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) &&
		    X509_gmtime_adj(X509_getm_notBefore(certificate), 0) &&
		    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600) && X509_set_pubkey(certificate, key) &&
		    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) &&
		    X509_set_issuer_name(certificate, subject) && X509_sign(certificate, key, EVP_sha256());
	snprintf(path, sizeof path, "%s/%s.key", folder->path, letter);
	FILE *file = fopen(path, "w");
	good = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) && fclose(file) == 0 && good;
	snprintf(path, sizeof path, "%s/%s.pem", folder->path, letter);
	file = fopen(path, "w");
	good = file && PEM_write_X509(file, certificate) && fclose(file) == 0 && good;
	X509_free(certificate);
	EVP_PKEY_free(key);
	return good;
}

static int set_tls(struct world *world, const struct folder *folder, const char *certificate, const char *key)
{
	char certificate_file[160], key_file[160], error[TRANSPORT_ERROR_SIZE];
	snprintf(certificate_file, sizeof certificate_file, "%s/%s.pem", folder->path, certificate);
	snprintf(key_file, sizeof key_file, "%s/%s.key", folder->path, key);
	return transport_set_tls(world->transport, certificate_file, key_file, NULL, error);
}

/* The common name of the server's certificate is `name`. */
static bool client_connect_tls(struct world *world, struct client *client, SSL_CTX *context, const char *name)
{
	if (!client_connect(client, &world->bound) || !client_secure(world, client, context))
		return false;
	X509 *certificate = SSL_get1_peer_certificate(client->tls);
	char text[64] = "";
	if (certificate)
		X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
	X509_free(certificate);
	return strcmp(text, name) == 0;
}

static void secure_websockets_and_renewed_certificates(void)
{
	struct world world;
	struct folder folder;
	static struct client old, new;
	struct transport_options options = world_options();
	world_open(&world, &options);
	CHECK(folder_create(&folder));
	struct address address = world_loopback(0);
	CHECK_NUMBER(web_listen(world.transport, &address, true, folder.root, &world.bound), ERR_TLS);
	CHECK(write_certificate(&folder, "a", "first.test") && write_certificate(&folder, "b", "second.test"));
	CHECK_NUMBER(set_tls(&world, &folder, "a", "a"), 0);
	CHECK_NUMBER(web_listen(world.transport, &address, true, folder.root, &world.bound), 0);

	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	CHECK(client_connect_tls(&world, &old, context, "first.test"));
	CHECK(client_upgrade(&world, &old));
	CHECK(client_frame(&world, &old, FRAME_FINAL | FRAME_TEXT, "hello", 5));
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(world.last_flow.transport, TRANSPORT_WSS);

	/* a pair that does not fit changes nothing */
	CHECK_NUMBER(set_tls(&world, &folder, "b", "a"), ERR_TLS);
	CHECK(client_connect_tls(&world, &new, context, "first.test"));
	client_close(&new);
	CHECK_NUMBER(set_tls(&world, &folder, "b", "b"), 0);
	CHECK(client_connect_tls(&world, &new, context, "second.test"));
	CHECK(client_text(&world, &new, GET("/style.css", "")));
	CHECK_NUMBER(client_answer(&world, &new, true), 200);
	CHECK_TEXT(slice_text(client_body(&new)), "css");
	client_close(&new);

	/* who was there before goes on, with messages larger than a TLS record too */
	static char large[60000];
	memset(large, 'x', sizeof large);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_of(large, sizeof large)), 0);
	struct slice payload;
	CHECK_NUMBER(client_next(&world, &old, &payload), FRAME_FINAL | FRAME_TEXT);
	CHECK_NUMBER(payload.length, sizeof large);
	client_drop_frame(&old, payload);
	CHECK(client_frame(&world, &old, FRAME_FINAL | FRAME_TEXT, large, sizeof large));
	CHECK(world_wait_messages(&world, 2));
	CHECK_NUMBER(world.message_length[1], sizeof large);

	/* plain HTTP, or nothing at all, on the TLS port */
	CHECK_NUMBER(client_request(&world, &new, GET("/", "")), 0);
	client_close(&new);
	client_close(&old);
	CHECK(world_wait_closed(&world, 1));
	CHECK(client_connect_tls(&world, &old, context, "second.test"));
	CHECK(client_upgrade(&world, &old));
	folder_remove(&folder);
	CHECK(world_close(&world));
	client_close(&old);
	SSL_CTX_free(context);
}

static void the_status_tells_of_the_sockets(void)
{
	struct world world;
	static struct client clients[2];
	struct transport_options options = world_options();
	world_open(&world, &options);
	struct address address = world_loopback(0);
	CHECK_NUMBER(web_listen(world.transport, &address, false, NULL, &world.bound), 0);
	CHECK(client_websocket(&world, &clients[0]));
	CHECK(client_connect(&clients[1], &world.bound));
	world_turns(&world, 5);
	struct buffer buffer;
	buffer_init(&buffer, 4096);
	web_describe(*transport_web(world.transport), &buffer);
	CHECK_TEXT(buffer_slice(&buffer),
		   "web_sockets 2\nweb_http_connections 1\nweb_slow_connections 0\nweb_requests 0\n");
	buffer_finish(&buffer);
	client_close(&clients[0]);
	client_close(&clients[1]);
	CHECK(world_close(&world));
}

/* libwebsockets allocates outside of the harness, and does not bear every failure: no starved runs. */
static const struct test tests[] = {
	{"files_have_their_types_and_caching", files_have_their_types_and_caching, TEST_WITHOUT_OOM},
	{"nothing_leads_out_of_the_root", nothing_leads_out_of_the_root, TEST_WITHOUT_OOM},
	{"the_same_file_again_is_304", the_same_file_again_is_304, TEST_WITHOUT_OOM},
	{"methods_are_get_and_head", methods_are_get_and_head, TEST_WITHOUT_OOM},
	{"one_connection_carries_several_requests_and_then_a_websocket",
	 one_connection_carries_several_requests_and_then_a_websocket, TEST_WITHOUT_OOM},
	{"a_body_ends_its_connection_with_all_that_follows", a_body_ends_its_connection_with_all_that_follows,
	 TEST_WITHOUT_OOM},
	{"half_a_request_ends_after_the_handshake_time", half_a_request_ends_after_the_handshake_time,
	 TEST_WITHOUT_OOM},
	{"unknown_upgrades_harm_nobody", unknown_upgrades_harm_nobody, TEST_WITHOUT_OOM},
	{"large_files_come_whole", large_files_come_whole, TEST_WITHOUT_OOM},
	{"several_listeners_each_know_their_connections", several_listeners_each_know_their_connections,
	 TEST_WITHOUT_OOM},
	{"secure_websockets_and_renewed_certificates", secure_websockets_and_renewed_certificates, TEST_WITHOUT_OOM},
	{"the_status_tells_of_the_sockets", the_status_tells_of_the_sockets, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
