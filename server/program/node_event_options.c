/* The configuration in the words of the event side: presence, lamps, voicemail, trust, profiles of phones.
 * SPDX-License-Identifier: MIT */
#include "program/node_event_options.h"

#include <stdio.h>
#include <string.h>

static bool is_on(const char *text)
{
	return strcmp(text, "yes") == 0; /* checked when it was read */
}

static size_t take_list(const struct text_list *list, struct slice items[OPTION_LIST_MOST])
{
	size_t count = 0;
	for (; count < list->count && count < OPTION_LIST_MOST; count++)
		items[count] = slice_text(list->items[count]);
	return count;
}

static void set_lists_options(const struct configuration *configuration, struct lists_options *lists)
{
	*lists = (struct lists_options){
		.limits = {.entries = configuration->lists_entries,
			   .depth = configuration->lists_depth,
			   /* An entry with its name is three nodes, with attributes five. */
			   .xml = {.bytes = configuration->lists_document_bytes,
				   .depth = configuration->lists_depth + 8,
				   .nodes = 8 * configuration->lists_entries + 1024}},
		.gather_ms = configuration->lists_gather_ms,
		.bytes = configuration->lists_notify_bytes,
		.udp_bytes = configuration->lists_udp_notify_bytes,
	};
	/* Checked when it was read: it fits. */
	snprintf(lists->service, sizeof lists->service, "%s", configuration->lists_service);
}

struct events_options node_events_options(const struct configuration *configuration)
{
	struct events_options options = {
		.subscription = {.least_s = configuration->subscription_min_expires_s,
				 .default_s = configuration->subscription_expires_s,
				 .most_s = configuration->subscription_max_expires_s},
		.publication = {.least_s = configuration->publication_min_expires_s,
				.default_s = configuration->publication_expires_s,
				.most_s = configuration->publication_max_expires_s},
		.subscriptions_most = configuration->limits_subscriptions_per_account,
		.publications_most = configuration->limits_publications_per_resource,
		.body_bytes = configuration->limits_event_body_bytes,
		.retry_first_s = configuration->subscription_retry_first_s,
		.retry_most_s = configuration->subscription_retry_most_s,
		.slice = configuration->subscription_slice,
		.resumed_per_second = configuration->subscription_resumed_per_second,
		.requests_most = configuration->subscription_requests,
		.request_s = configuration->subscription_request_s,
		.deflate_bytes = configuration->subscription_deflate_bytes,
	};
	set_lists_options(configuration, &options.lists);
	return options;
}

static enum watch_policy read_policy(const char *text)
{
	static const struct {
		const char *text;
		enum watch_policy policy;
	} policies[] = {{"ask", WATCH_ASK}, {"self", WATCH_SELF}, {"nobody", WATCH_NOBODY}};
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (strcmp(text, policies[i].text) == 0)
			return policies[i].policy;
	return WATCH_DOMAIN;
}

enum watch_policy node_presence_policy(const struct configuration *configuration)
{
	return read_policy(configuration->presence_watch);
}

enum watch_policy node_dialog_policy(const struct configuration *configuration)
{
	return read_policy(configuration->dialog_watch);
}

enum watch_policy node_registration_policy(const struct configuration *configuration)
{
	return read_policy(configuration->reg_watch);
}

enum watch_policy node_conference_policy(const struct configuration *configuration)
{
	return read_policy(configuration->conference_watch);
}

struct people_options node_people_options(const struct configuration *configuration)
{
	return (struct people_options){.lost_connection_s = configuration->presence_lost_connection_s};
}

struct mailbox_options node_mailbox_options(const struct configuration *configuration,
					    struct slice codes[OPTION_LIST_MOST])
{
	return (struct mailbox_options){
		.number = slice_text(configuration->mailbox_number),
		.codes = codes,
		.code_count = take_list(&configuration->mailbox_codes, codes),
		.counts_text_messages = is_on(configuration->mailbox_count_text_messages),
		.mailboxes_most = configuration->limits_mailboxes,
	};
}

struct lamps_options node_lamps_options(const struct configuration *configuration)
{
	return (struct lamps_options){
		.is_on = is_on(configuration->mailbox_unsolicited),
		.settling_ms = configuration->mailbox_settling_ms,
		.per_second = configuration->mailbox_paced_per_second,
		.retry_first_s = configuration->mailbox_retry_first_s,
		.retry_most_s = configuration->mailbox_retry_most_s,
	};
}

struct voicemail_options node_voicemail_options(const struct configuration *configuration)
{
	return (struct voicemail_options){
		.server = slice_text(configuration->voicemail_server),
		.user = slice_text(configuration->voicemail_user),
		.password = slice_text(configuration->voicemail_password),
		.expires_s = configuration->voicemail_expires_s,
		.per_second = configuration->voicemail_per_second,
	};
}

struct trust *node_create_trust(const struct configuration *configuration)
{
	struct slice networks[OPTION_LIST_MOST], accounts[OPTION_LIST_MOST];
	size_t network_count = take_list(&configuration->trusted_addresses, networks);
	size_t account_count = take_list(&configuration->trusted_accounts, accounts);
	return trust_create(networks, network_count, accounts, account_count);
}

struct profiles *node_create_profiles(const struct configuration *configuration)
{
	return profiles_create(configuration->profiles.items, configuration->profiles.count);
}
