/* Making and keeping the self-signed certificate, with OpenSSL.
 *
 * RSA with 2048 bits, because desk phones read it that know no other. Not an authority (CA:FALSE): clients that are
 * told to trust it trust this server and nobody else. SPDX-License-Identifier: MIT */
#include "program/certificate.h"

#include "base/address.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_BITS 2048
/* A certificate that ends within this time is made anew, so that it does not end in the middle of a run. */
#define RENEW_BEFORE_S (7L * 24 * 3600)

static int fail(char error[CERTIFICATE_ERROR_SIZE], const char *what, const char *path)
{
	char reason[256] = "";
	unsigned long code = ERR_get_error();
	if (code != 0)
		ERR_error_string_n(code, reason, sizeof(reason));
	else if (errno != 0)
		snprintf(reason, sizeof(reason), "%s", error_text(-errno));
	snprintf(error, CERTIFICATE_ERROR_SIZE, "%s%s%.200s%s%s", what, path ? " " : "", path ? path : "",
		 reason[0] ? ": " : "", reason);
	ERR_clear_error();
	return ERR_TLS;
}

static bool has_name(X509 *certificate, struct slice name)
{
	struct address address;
	char text[256];
	if (name.length >= sizeof(text))
		return false;
	if (!address_parse_ip(name, 0, &address))
		return X509_check_host(certificate, name.at, name.length, 0, NULL) == 1;
	struct slice plain = address_write_ip(&address, false, text);
	text[plain.length] = '\0';
	return X509_check_ip_asc(certificate, text, 0) == 1;
}

static bool has_names(X509 *certificate, const struct certificate_request *request)
{
	for (size_t i = 0; i < request->name_count; i++) {
		if (!has_name(certificate, request->names[i]))
			return false;
	}
	return true;
}

/* What is kept can go on being used. */
static bool is_kept(const struct certificate_request *request, const struct certificate_files *files)
{
	FILE *certificate_file = fopen(files->certificate, "re"), *key_file = fopen(files->key, "re");
	X509 *certificate = certificate_file ? PEM_read_X509(certificate_file, NULL, NULL, NULL) : NULL;
	EVP_PKEY *key = key_file ? PEM_read_PrivateKey(key_file, NULL, NULL, NULL) : NULL;
	bool good = false;
	if (certificate && key) {
		time_t renew_at = time(NULL) + RENEW_BEFORE_S;
		good = X509_cmp_time(X509_get0_notAfter(certificate), &renew_at) > 0 &&
		       X509_check_private_key(certificate, key) == 1 && has_names(certificate, request);
	}
	X509_free(certificate);
	EVP_PKEY_free(key);
	if (certificate_file)
		fclose(certificate_file);
	if (key_file)
		fclose(key_file);
	ERR_clear_error();
	return good;
}

static bool add_extension(X509 *certificate, int id, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, id, value);
	bool good = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

/* "DNS:example.test,IP:192.0.2.1"; the names are host names and addresses, so nothing needs escaping. */
static bool add_names(X509 *certificate, const struct certificate_request *request)
{
	struct buffer value;
	buffer_init(&value, 65536);
	for (size_t i = 0; i < request->name_count; i++) {
		struct address address;
		char text[ADDRESS_TEXT_SIZE];
		bool is_address = address_parse_ip(request->names[i], 0, &address);
		struct slice name = is_address ? address_write_ip(&address, false, text) : request->names[i];
		buffer_format(&value, "%s%s:%.*s", i > 0 ? "," : "", is_address ? "IP" : "DNS", SLICE_ARGS(name));
	}
	buffer_byte(&value, '\0');
	bool good = !buffer_failed(&value) && add_extension(certificate, NID_subject_alt_name, value.data);
	buffer_finish(&value);
	return good;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const struct certificate_request *request)
{
	uint64_t serial;
	random_bytes(&serial, sizeof(serial));
	serial >>= 1; /* RFC 5280 §4.1.2.2: positive */
	struct slice subject = request->names[0];
	X509_NAME *name = X509_get_subject_name(certificate);
	/* RFC 5280 appendix A: ub-common-name is 64 */
	int length = (int)(subject.length < 64 ? subject.length : 64);
	return X509_set_version(certificate, 2) == 1 &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1 &&
	       X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
	       X509_time_adj_ex(X509_getm_notAfter(certificate), (int)request->days, 0, NULL) &&
	       X509_set_pubkey(certificate, key) == 1 &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject.at, length, -1,
					  0) == 1 &&
	       X509_set_issuer_name(certificate, name) == 1 &&
	       add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
	       add_extension(certificate, NID_ext_key_usage, "serverAuth,clientAuth") &&
	       add_names(certificate, request) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

/* Whole or not at all: written beside `path`, then renamed. One of `certificate` and `key` is NULL. */
static bool save(const char *path, mode_t mode, X509 *certificate, EVP_PKEY *key)
{
	char beside[CERTIFICATE_PATH_SIZE + 8];
	snprintf(beside, sizeof(beside), "%s.new", path);
	unlink(beside);
	int descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
	if (!file) {
		if (descriptor >= 0)
			close(descriptor);
		return false;
	}
	bool good = certificate ? PEM_write_X509(file, certificate) == 1
				: PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
	good = good && fflush(file) == 0 && fsync(descriptor) == 0;
	good = fclose(file) == 0 && good;
	return good && rename(beside, path) == 0;
}

static int make(const struct certificate_request *request, const struct certificate_files *files,
		char error[CERTIFICATE_ERROR_SIZE])
{
	EVP_PKEY *key = EVP_RSA_gen(KEY_BITS);
	X509 *certificate = X509_new();
	int result = 0;
	if (!key || !certificate || !fill(certificate, key, request))
		result = fail(error, "cannot make a certificate", NULL);
	else if (!save(files->key, 0600, NULL, key))
		result = fail(error, "cannot write", files->key);
	else if (!save(files->certificate, 0644, certificate, NULL))
		result = fail(error, "cannot write", files->certificate);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return result;
}

int certificate_ensure(const struct certificate_request *request, struct certificate_files *files,
		       char error[CERTIFICATE_ERROR_SIZE])
{
	int length = snprintf(files->certificate, sizeof(files->certificate), "%s/certificate.pem", request->folder);
	int key_length = snprintf(files->key, sizeof(files->key), "%s/certificate-key.pem", request->folder);
	files->made = false;
	if (length < 0 || key_length < 0 || (size_t)key_length >= sizeof(files->key)) {
		snprintf(error, CERTIFICATE_ERROR_SIZE, "the path of the state folder is too long");
		return ERR_LIMIT;
	}
	if (is_kept(request, files))
		return 0;
	int result = make(request, files, error);
	if (result < 0)
		return result;
	files->made = true;
	return 0;
}
