/* Local names and addresses of record. SPDX-License-Identifier: MIT */
#include "core/domain.h"

#include "base/error.h"

#include <stdlib.h>

struct domain {
	const struct transport *transport;
	struct slice name;
	struct slice *aliases;
	size_t alias_count;
	char *text; /* behind all the slices */
};

static struct slice keep(char **end, struct slice text)
{
	struct slice kept = slice_of(*end, text.length);
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		*(*end)++ = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return kept;
}

struct domain *domain_create(struct slice name, const struct slice *aliases, size_t alias_count,
			     const struct transport *transport)
{
	size_t bytes = name.length + 1;
	for (size_t i = 0; i < alias_count; i++)
		bytes += aliases[i].length;
	struct domain *domain = calloc(1, sizeof *domain);
	if (!domain)
		return NULL;
	domain->transport = transport;
	domain->text = malloc(bytes);
	domain->aliases = calloc(alias_count + 1, sizeof *domain->aliases);
	if (!domain->text || !domain->aliases) {
		domain_destroy(domain);
		return NULL;
	}
	char *end = domain->text;
	domain->name = keep(&end, name);
	for (size_t i = 0; i < alias_count; i++)
		domain->aliases[i] = keep(&end, aliases[i]);
	domain->alias_count = alias_count;
	return domain;
}

void domain_destroy(struct domain *domain)
{
	if (!domain)
		return;
	free(domain->aliases);
	free(domain->text);
	free(domain);
}

struct slice domain_name(const struct domain *domain)
{
	return domain->name;
}

bool domain_is_local(const struct domain *domain, struct slice host, uint16_t port)
{
	if (sip_host_equal(host, domain->name))
		return true;
	for (size_t i = 0; i < domain->alias_count; i++)
		if (sip_host_equal(host, domain->aliases[i]))
			return true;
	return domain->transport && transport_is_own_address(domain->transport, host, port);
}

int domain_user(const struct domain *domain, struct arena *arena, const struct sip_uri *uri, struct slice *user)
{
	if (uri->scheme == URI_OTHER || uri->scheme == URI_TEL)
		return ERR_SYNTAX;
	if (!uri->has_user || slice_is_empty(uri->user) || !domain_is_local(domain, uri->host, uri->port))
		return ERR_NOT_FOUND;
	return sip_unescape(arena, uri->user, user);
}
