/* Whether a server can start with the configuration: what `heliograph check` tells beforehand, and `run` before it
 * touches anything. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT_MOST 65535

/* NULL, or what is wrong. */
static const char *check_readable(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return error_text(-errno);
	if (S_ISDIR(status.st_mode))
		return "this is a folder";
	return access(path, R_OK) == 0 ? NULL : error_text(-errno);
}

static const char *check_folder(const char *path)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return error_text(-errno);
	if (!S_ISDIR(status.st_mode))
		return "this is no folder";
	return access(path, R_OK | X_OK) == 0 ? NULL : error_text(-errno);
}

static int check_paths(const struct configuration *configuration, const char *file,
		       char error[CONFIGURATION_ERROR_SIZE])
{
	const struct {
		size_t index;
		const char *path;
		const char *(*check)(const char *path);
	} paths[] = {
		{CONFIGURATION_INDEX_tls_certificate, configuration->tls_certificate, check_readable},
		{CONFIGURATION_INDEX_tls_key, configuration->tls_key, check_readable},
		{CONFIGURATION_INDEX_tls_trusted, configuration->tls_trusted, check_readable},
		{CONFIGURATION_INDEX_web_root, configuration->web_root, check_folder},
	};
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		const char *wrong = paths[i].path[0] ? paths[i].check(paths[i].path) : NULL;
		if (!wrong)
			continue;
		char sentence[CONFIGURATION_ERROR_SIZE / 2];
		snprintf(sentence, sizeof(sentence), "%.300s cannot be read: %s", paths[i].path, wrong);
		configuration_blame(configuration, file, paths[i].index, sentence, error);
		return ERR_CONFIGURATION;
	}
	return 0;
}

uint32_t configuration_web_tls_port(const struct configuration *configuration)
{
	if (configuration->web_tls_port != CONFIGURATION_UNSET)
		return configuration->web_tls_port;
	return configuration->web_port == 0 || configuration->web_port == PORT_MOST ? 0 : configuration->web_port + 1;
}

static int check_ports(const struct configuration *configuration, const char *file,
		       char error[CONFIGURATION_ERROR_SIZE])
{
	const struct {
		size_t index;
		const char *name;
		uint32_t port;
	} ports[] = {
		{CONFIGURATION_INDEX_sip_port, "sip.port", configuration->sip_port},
		{CONFIGURATION_INDEX_tls_port, "tls.port", configuration->tls_port},
		{CONFIGURATION_INDEX_web_port, "web.port", configuration->web_port},
		{CONFIGURATION_INDEX_web_tls_port, "web.tls_port", configuration_web_tls_port(configuration)},
	};
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		for (size_t j = i + 1; j < ARRAY_SIZE(ports); j++) {
			if (ports[i].port == 0 || ports[i].port != ports[j].port)
				continue;
			/* blame the one that the administrator wrote */
			bool first = configuration->lines[ports[i].index] > configuration->lines[ports[j].index];
			char sentence[128];
			snprintf(sentence, sizeof(sentence), "%u is %s, too", ports[i].port, ports[first ? j : i].name);
			configuration_blame(configuration, file, ports[first ? i : j].index, sentence, error);
			return ERR_CONFIGURATION;
		}
	}
	return 0;
}

int configuration_check_serving(const struct configuration *configuration, const char *file,
				char error[CONFIGURATION_ERROR_SIZE])
{
	if (configuration->web_port == PORT_MOST && configuration->web_tls_port == CONFIGURATION_UNSET) {
		configuration_blame(configuration, file, CONFIGURATION_INDEX_web_port,
				    "no port is left behind 65535 for HTTPS: web.tls_port must be set", error);
		return ERR_CONFIGURATION;
	}
	int result = check_ports(configuration, file, error);
	return result < 0 ? result : check_paths(configuration, file, error);
}
