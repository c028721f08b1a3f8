/* TLS sessions between two buffers. OpenSSL reads from the bytes that were just received and writes into the
 * connection's own send buffer, through a BIO of ours: nothing is copied on the way, and a connection at rest keeps
 * no buffers. SPDX-License-Identifier: MIT */
#include "transport/tls.h"

#include "base/error.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* No name is longer (RFC 1035 §2.3.4). */
#define HOST_BYTES 254

struct tls {
	BIO_METHOD *method;
	SSL_CTX *server, *client; /* NULL until loaded; the client's is made with the system's trust where needed */
	char *certificate_file, *key_file;
};

struct tls_session {
	SSL *ssl;
	struct slice input;    /* what OpenSSL has not read yet */
	struct buffer *output; /* the connection's */
	char reason[160];
};

/* The BIO */

static int bio_read(BIO *bio, char *bytes, int size)
{
	struct tls_session *session = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (session->input.length == 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t count = session->input.length < (size_t)size ? session->input.length : (size_t)size;
	memcpy(bytes, session->input.at, count);
	session->input = slice_from(session->input, count);
	return (int)count;
}

static int bio_write(BIO *bio, const char *bytes, int size)
{
	struct tls_session *session = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	buffer_append(session->output, slice_of(bytes, (size_t)size));
	return buffer_failed(session->output) ? -1 : size;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio, (void)number, (void)pointer;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static int bio_create(BIO *bio)
{
	BIO_set_init(bio, 1);
	return 1;
}

/* Contexts */

struct tls *tls_create(void)
{
	struct tls *tls = calloc(1, sizeof *tls);
	if (!tls)
		return NULL;
	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "connection");
	if (!tls->method || !BIO_meth_set_read(tls->method, bio_read) || !BIO_meth_set_write(tls->method, bio_write) ||
	    !BIO_meth_set_ctrl(tls->method, bio_control) || !BIO_meth_set_create(tls->method, bio_create)) {
		tls_destroy(tls);
		return NULL;
	}
	return tls;
}

void tls_destroy(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	BIO_meth_free(tls->method);
	free(tls->certificate_file);
	free(tls->key_file);
	free(tls);
}

static const char *openssl_reason(void)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());
	return reason ? reason : "no reason given";
}

/* "sip" is what clients that offer anything offer; "sip/2" is IANA's name. Other protocols are no reason to fail. */
static int choose_alpn(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_length,
		       const unsigned char *offered, unsigned offered_length, void *arg)
{
	static const unsigned char known[] = "\x03sip\x05sip/2";
	(void)ssl, (void)arg;
	unsigned char *found;
	if (SSL_select_next_proto(&found, chosen_length, known, sizeof known - 1, offered, offered_length) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_NOACK;
	*chosen = found;
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *create_context(const SSL_METHOD *method)
{
	SSL_CTX *context = SSL_CTX_new(method);
	if (!context)
		return NULL;
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
	/* A connection at rest must be small; resumption works by tickets, which the client keeps. */
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return context;
}

static int load_certificate(SSL_CTX *context, const char *certificate_file, const char *key_file, char *error,
			    size_t error_size)
{
	const char *what;
	const char *file = certificate_file;
	if (SSL_CTX_use_certificate_chain_file(context, certificate_file) != 1) {
		what = "cannot read the certificate";
	} else if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1) {
		what = "cannot use the private key";
		file = key_file;
	} else if (SSL_CTX_check_private_key(context) != 1) {
		what = "the private key is not that of the certificate";
	} else {
		return 0;
	}
	snprintf(error, error_size, "%s: %s (%s)", file, what, openssl_reason());
	return ERR_TLS;
}

static int load_trust(SSL_CTX *context, const char *trusted_file, char *error, size_t error_size)
{
	int good = trusted_file ? SSL_CTX_load_verify_locations(context, trusted_file, NULL)
				: SSL_CTX_set_default_verify_paths(context);
	if (good == 1)
		return 0;
	snprintf(error, error_size, "%s: cannot read the trusted certificates (%s)",
		 trusted_file ? trusted_file : "the system's store", openssl_reason());
	return ERR_TLS;
}

static SSL_CTX *load_context(bool server, const char *certificate_file, const char *key_file, const char *trusted_file,
			     char *error, size_t error_size)
{
	SSL_CTX *context = create_context(server ? TLS_server_method() : TLS_client_method());
	int result = context ? 0 : ERR_NO_MEMORY;
	if (!context)
		snprintf(error, error_size, "no TLS context (%s)", openssl_reason());
	if (result == 0 && certificate_file)
		result = load_certificate(context, certificate_file, key_file, error, error_size);
	if (result == 0 && !server)
		result = load_trust(context, trusted_file, error, error_size);
	if (result < 0) {
		SSL_CTX_free(context);
		return NULL;
	}
	if (server)
		SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
	return context;
}

/* NULL for NULL. False where memory is exhausted. */
static bool copy_name(const char *name, char **copy)
{
	*copy = NULL;
	if (!name)
		return true;
	size_t bytes = strlen(name) + 1;
	*copy = malloc(bytes);
	if (*copy)
		memcpy(*copy, name, bytes);
	return *copy != NULL;
}

int tls_load(struct tls *tls, const char *certificate_file, const char *key_file, const char *trusted_file, char *error,
	     size_t error_size)
{
	char *certificate_copy = NULL, *key_copy = NULL;
	SSL_CTX *server = NULL, *client = NULL;
	int result = ERR_TLS;
	ERR_clear_error();
	if (certificate_file && !key_file) {
		snprintf(error, error_size, "%s: a certificate needs its private key", certificate_file);
		goto fail;
	}
	if (!copy_name(certificate_file, &certificate_copy) || !copy_name(key_file, &key_copy)) {
		snprintf(error, error_size, "%s", error_text(ERR_NO_MEMORY));
		result = ERR_NO_MEMORY;
		goto fail;
	}
	if (certificate_file &&
	    !(server = load_context(true, certificate_file, key_file, trusted_file, error, error_size)))
		goto fail;
	client = load_context(false, certificate_file, key_file, trusted_file, error, error_size);
	if (!client)
		goto fail;

	/* Sessions that are up hold on to the contexts that they began with. */
	SSL_CTX_free(tls->server);
	SSL_CTX_free(tls->client);
	free(tls->certificate_file);
	free(tls->key_file);
	tls->server = server;
	tls->client = client;
	tls->certificate_file = certificate_copy;
	tls->key_file = key_copy;
	return 0;

fail:
	SSL_CTX_free(server);
	SSL_CTX_free(client);
	free(certificate_copy);
	free(key_copy);
	ERR_clear_error();
	return result;
}

const char *tls_certificate_file(const struct tls *tls)
{
	return tls->certificate_file;
}

const char *tls_key_file(const struct tls *tls)
{
	return tls->key_file;
}

/* Sessions */

/* RFC 5922 §7.1: the certificate must be that of the name which the URI gave, not of what DNS made of it. */
static bool verify_as(SSL *ssl, struct slice host)
{
	char name[HOST_BYTES];
	if (host.length > 2 && host.at[0] == '[')
		host = slice_of(host.at + 1, host.length - 2); /* an IPv6 address as URIs write it */
	if (host.length >= sizeof name)
		return false;
	memcpy(name, host.at, host.length);
	name[host.length] = '\0';
	SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	/* Addresses are verified as such and not sent (RFC 6066 §3). */
	if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1)
		return true;
	ERR_clear_error();
	/* RFC 5922 §7.2: wildcards do not match */
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool prepare_session(struct tls_session *session, const struct tls *tls, bool server, struct slice host)
{
	session->ssl = SSL_new(server ? tls->server : tls->client);
	if (!session->ssl)
		return false;
	BIO *bio = BIO_new(tls->method);
	if (!bio)
		return false;
	BIO_set_data(bio, session);
	SSL_set_bio(session->ssl, bio, bio);
	if (server)
		SSL_set_accept_state(session->ssl);
	else
		SSL_set_connect_state(session->ssl);
	return server || host.length == 0 || verify_as(session->ssl, host);
}

int tls_session_create(struct tls *tls, bool server, struct slice host, struct buffer *output,
		       struct tls_session **sessionp)
{
	char error[256];
	if (!server && !tls->client && !(tls->client = load_context(false, NULL, NULL, NULL, error, sizeof error)))
		return ERR_TLS;
	if (server && !tls->server)
		return ERR_TLS;
	struct tls_session *session = calloc(1, sizeof *session);
	if (!session)
		return ERR_NO_MEMORY;
	session->output = output;
	if (!prepare_session(session, tls, server, host)) {
		tls_session_destroy(session);
		return ERR_TLS;
	}
	*sessionp = session;
	return 0;
}

void tls_session_destroy(struct tls_session *session)
{
	if (!session)
		return;
	SSL_free(session->ssl);
	free(session);
}

void tls_session_input(struct tls_session *session, struct slice bytes)
{
	session->input = bytes;
}

static int failed(struct tls_session *session)
{
	long verified = SSL_get_verify_result(session->ssl);
	snprintf(session->reason, sizeof session->reason, "%s%s%s", openssl_reason(), verified != X509_V_OK ? ": " : "",
		 verified != X509_V_OK ? X509_verify_cert_error_string(verified) : "");
	ERR_clear_error();
	return ERR_TLS;
}

/* What OpenSSL's answer means to us. */
static int outcome(struct tls_session *session, int answer)
{
	switch (SSL_get_error(session->ssl, answer)) {
	case SSL_ERROR_NONE:
		return 0;
	case SSL_ERROR_WANT_READ:
		return ERR_INCOMPLETE;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_CLOSED;
	default:
		return failed(session);
	}
}

int tls_handshake(struct tls_session *session)
{
	ERR_clear_error();
	return outcome(session, SSL_do_handshake(session->ssl));
}

int tls_read(struct tls_session *session, char *plain, size_t size, size_t *length)
{
	ERR_clear_error();
	return outcome(session, SSL_read_ex(session->ssl, plain, size, length));
}

int tls_write(struct tls_session *session, struct slice plain)
{
	ERR_clear_error();
	size_t written;
	int result = outcome(session, SSL_write_ex(session->ssl, plain.at, plain.length, &written));
	/* It could only want to read in a renegotiation, of which there is none. */
	return result == ERR_INCOMPLETE ? ERR_TLS : result;
}

void tls_shutdown(struct tls_session *session)
{
	ERR_clear_error();
	(void)SSL_shutdown(session->ssl);
	ERR_clear_error();
}

const char *tls_reason(const struct tls_session *session)
{
	return session->reason[0] ? session->reason : "no reason given";
}
