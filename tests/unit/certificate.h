/* Certificates for tests, made on the spot. SPDX-License-Identifier: MIT */
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct certificate {
	char folder[32], certificate_file[64], key_file[64];
};

static inline bool certificate_write(const struct certificate *certificate, X509 *x509, EVP_PKEY *key)
{
	FILE *file = fopen(certificate->certificate_file, "w");
	bool good = file && PEM_write_X509(file, x509) == 1;
	if (file && fclose(file) != 0)
		good = false;
	file = fopen(certificate->key_file, "w");
	good = good && file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
	if (file && fclose(file) != 0)
		good = false;
	return good;
}

/* Self-signed, for the names ("DNS:a.test,IP:127.0.0.1"), in a new folder under /tmp. */
static inline bool certificate_make(struct certificate *certificate, const char *names)
{
	snprintf(certificate->folder, sizeof certificate->folder, "/tmp/certificate.XXXXXX");
	if (!mkdtemp(certificate->folder))
		return false;
	snprintf(certificate->certificate_file, sizeof certificate->certificate_file, "%s/certificate.pem",
		 certificate->folder);
	snprintf(certificate->key_file, sizeof certificate->key_file, "%s/key.pem", certificate->folder);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	bool good =
		key && extension && X509_set_version(x509, 2) == 1 &&
		ASN1_INTEGER_set(X509_get_serialNumber(x509), 1) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(x509), -3600) && X509_gmtime_adj(X509_getm_notAfter(x509), 3600) &&
		X509_set_pubkey(x509, key) == 1 &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1, -1, 0) == 1 &&
		X509_set_issuer_name(x509, name) == 1 && X509_add_ext(x509, extension, -1) == 1 &&
		X509_sign(x509, key, EVP_sha256()) > 0 && certificate_write(certificate, x509, key);
	X509_EXTENSION_free(extension);
	X509_free(x509);
	EVP_PKEY_free(key);
	return good;
}

static inline void certificate_remove(const struct certificate *certificate)
{
	unlink(certificate->certificate_file);
	unlink(certificate->key_file);
	rmdir(certificate->folder);
}
