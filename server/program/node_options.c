/* The configuration in the words of each layer, and its renewal at SIGHUP. SPDX-License-Identifier: MIT */
#include "program/configuration_lists.h"
#include "program/configuration_profiles.h"
#include "program/node.h"
#include "program/options.h"

#include <string.h>

/* Between two rounds of throwing away what is over. */
#define RETENTION_INTERVAL_S 60

struct transport_options node_transport_options(const struct configuration *configuration)
{
	return (struct transport_options){
		.message_bytes = configuration->limits_message_bytes,
		.unfinished_bytes = configuration->limits_unfinished_bytes,
		.send_queue_bytes = configuration->limits_send_queue_bytes,
		.connections = configuration->limits_connections,
		.connections_per_ip = configuration->limits_connections_per_ip,
		.idle_s = configuration->connection_idle_s,
		.handshake_s = configuration->connection_handshake_s,
		.partial_s = configuration->connection_partial_s,
		.ping_s = configuration->connection_ping_s,
		.connect_s = configuration->connection_connect_s,
		.udp_mtu = configuration->sip_udp_mtu,
		.advertised_host = slice_text(configuration->advertised_host),
	};
}

struct transactions_options node_transactions_options(const struct configuration *configuration)
{
	return (struct transactions_options){
		.timing = {configuration->sip_t1_ms, configuration->sip_t2_ms, configuration->sip_t4_ms},
		.limits = {.message_bytes = configuration->limits_message_bytes,
			   .header_bytes = configuration->limits_header_bytes,
			   .body_bytes = configuration->limits_body_bytes,
			   .header_count = configuration->limits_header_count},
		.most = configuration->limits_transactions,
		.server_name = SLICE("Heliograph/" HELIOGRAPH_VERSION),
	};
}

struct storage_options node_storage_options(const struct configuration *configuration, const char *connection)
{
	return (struct storage_options){
		.connection = connection,
		.node = configuration->node,
		.wait_s = configuration->storage_wait_s,
		.batch_changes = configuration->storage_batch_changes,
		.queue_changes = configuration->storage_queue_changes,
		.reconnect_ms = configuration->storage_reconnect_ms,
		.reconnect_most_ms = configuration->storage_reconnect_most_ms,
	};
}

/* Used nonces that are remembered: as many as there can be transactions. */
struct authentication_options node_authentication_options(const struct configuration *configuration)
{
	struct authentication_options options = {.nonce_s = configuration->authentication_nonce_s,
						 .nonces_most = configuration->limits_transactions};
	const struct text_list *names = &configuration->authentication_algorithms;
	for (size_t i = 0; i < names->count; i++) {
		bool is_sha256 = strcmp(names->items[i], "SHA-256") == 0, is_new = true;
		enum digest_algorithm algorithm = is_sha256 ? DIGEST_SHA256 : DIGEST_MD5;
		for (unsigned j = 0; j < options.algorithm_count; j++)
			is_new = is_new && options.algorithms[j] != algorithm;
		if (is_new)
			options.algorithms[options.algorithm_count++] = algorithm;
	}
	return options;
}

struct sessions_options node_sessions_options(const struct configuration *configuration)
{
	return (struct sessions_options){.idle_s = configuration->session_idle_s,
					 .stay_days = configuration->session_stay_days,
					 .most = configuration->session_per_account};
}

struct registrar_options node_registrar_options(const struct configuration *configuration)
{
	return (struct registrar_options){
		.expires_least_s = configuration->registrar_min_expires_s,
		.expires_default_s = configuration->registrar_expires_s,
		.expires_most_s = configuration->registrar_max_expires_s,
		.contacts_most = configuration->limits_contacts_per_account,
		.devices_most = configuration->limits_devices_per_account,
		.flow_timer_s = configuration->registrar_flow_timer_s,
	};
}

struct api_options node_api_options(const struct configuration *configuration)
{
	return (struct api_options){
		.message_bytes = configuration->message_body_bytes,
		.icon_bytes = configuration->icon_bytes,
		.voicemail_url = slice_text(configuration->web_voicemail_url),
		.keeps_history = configuration->history_keep_days > 0,
	};
}

struct outbox_options node_outbox_options(const struct configuration *configuration)
{
	return (struct outbox_options){.retry_first_s = configuration->message_retry_first_s,
				       .retry_most_s = configuration->message_retry_most_s};
}

struct messaging_options node_messaging_options(const struct configuration *configuration)
{
	return (struct messaging_options){
		.answer_wait_s = configuration->message_answer_wait_s,
		.expires_default_s = configuration->message_expires_s,
		.mailbox_messages = configuration->limits_mailbox_messages,
		.body_bytes = configuration->message_body_bytes,
		.keeps_history = configuration->history_keep_days > 0,
	};
}

struct retention_options node_retention_options(const struct configuration *configuration)
{
	return (struct retention_options){.history_days = configuration->history_keep_days,
					  .device_days = configuration->device_forget_days,
					  .interval_s = RETENTION_INTERVAL_S};
}

void node_set_log(const struct configuration *configuration, struct log *log)
{
	enum log_level level = LOG_INFO;
	(void)log_level_parse(slice_text(configuration->log_level), &level); /* checked when it was read */
	log_set(log, level, strcmp(configuration->log_format, "json") == 0 ? LOG_JSON : LOG_KEY_VALUE);
}

/* What may not change while we run keeps its old value, so that the next SIGHUP names it again. */
static void take_over(struct node *node, struct configuration *fresh)
{
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)) != NULL; i++) {
		if (option_is_same(option, &node->configuration, fresh))
			continue;
		if (!option->reloads)
			log_event(node->log, LOG_WARNING, "option_waits", NULL,
				  "%s: the new value holds after the next start", option->name);
		else
			log_event(node->log, LOG_INFO, "option_changed", NULL, "%s has a new value", option->name);
		if (option->reloads)
			option_swap(option, &node->configuration, fresh);
	}
	if (!configuration_lists_are_same(&node->configuration, fresh)) {
		log_event(node->log, LOG_INFO, "option_changed", NULL, CONFIGURATION_LISTS " has a new value");
		configuration_lists_swap(&node->configuration, fresh);
	}
	if (!configuration_profiles_are_same(&node->configuration, fresh))
		log_event(node->log, LOG_WARNING, "option_waits", NULL,
			  CONFIGURATION_PROFILES ": the new list holds after the next start");
}

void node_reload(struct node *node)
{
	struct configuration fresh;
	char error[CONFIGURATION_ERROR_SIZE];
	if (command_line_configuration(node->line, &fresh, error) < 0) {
		log_event(node->log, LOG_ERROR, "reload_failed", NULL, "%s", error);
		return;
	}
	take_over(node, &fresh);
	configuration_finish(&fresh);
	node_set_log(&node->configuration, node->log);
	if (listen_set_certificate(node, error) < 0)
		log_event(node->log, LOG_ERROR, "certificate_failed", NULL, "%s; the old one stays", error);
	struct registrar_options registrar = node_registrar_options(&node->configuration);
	struct outbox_options outboxes = node_outbox_options(&node->configuration);
	struct messaging_options messaging = node_messaging_options(&node->configuration);
	struct retention_options retention = node_retention_options(&node->configuration);
	struct sessions_options sessions = node_sessions_options(&node->configuration);
	if (node->phase == NODE_SERVING) {
		registrar_set_options(node->registrar, &registrar);
		outboxes_set_options(node->outboxes, &outboxes);
		messaging_set_options(node->messaging, &messaging);
		retention_set_options(node->retention, &retention);
		sessions_set_options(node->sessions, &sessions);
		node_reload_events(node);
	}
	log_event(node->log, LOG_INFO, "reloaded", NULL, "the configuration was read again");
}
