/* Building the node from its layers, and taking it apart. SPDX-License-Identifier: MIT */
#include "program/node.h"

#include "base/error.h"
#include "program/node_event_options.h"

#include <unistd.h>

/* --- what the transport tells --- */

static bool is_response(struct slice bytes)
{
	return slice_starts_with(bytes, SLICE("SIP/"));
}

static void on_message(void *arg, const struct flow *flow, struct slice bytes)
{
	struct node *node = arg;
	bool wanted = node->phase == NODE_SERVING || (node->phase == NODE_DRAINING && is_response(bytes));
	/* else it will be repeated (UDP), to whoever serves then */
	if (wanted)
		transactions_receive(node->transactions, flow, bytes);
}

static void on_too_large(void *arg, const struct flow *flow, struct slice headers)
{
	const struct node *node = arg;
	if (node->phase == NODE_SERVING)
		transactions_receive_too_large(node->transactions, flow, headers);
}

static void on_closed(void *arg, const struct flow *flow)
{
	struct node *node = arg;
	if (node->phase != NODE_SERVING && node->phase != NODE_DRAINING)
		return;
	transactions_flow_closed(node->transactions, flow);
	location_flow_closed(node->location, flow);
	events_flow_closed(node->events, flow);
	voicemail_flow_closed(node->voicemail, flow);
}

/* --- what the storage tells --- */

static void on_available(void *arg, bool available)
{
	struct node *node = arg;
	if (node->phase == NODE_CLOSING)
		return;
	log_event(node->log, available ? LOG_INFO : LOG_WARNING, available ? "database_available" : "database_away",
		  NULL,
		  available ? "the database answers"
			    : "the database cannot be reached: what is held in memory is served, changes are refused");
	if (!available)
		database_revive(node);
	else if (node->phase == NODE_STARTING)
		startup_go_on(node);
}

static void on_account_changed(void *arg, struct slice user, struct slice domain)
{
	struct node *node = arg;
	if (slice_is_empty(user) || slice_equal(domain, node->domain_name))
		accounts_changed(node->accounts, user);
	if (node->mailboxes && slice_equal(domain, node->domain_name))
		mailboxes_account_changed(node->mailboxes, user);
	if (node->documents && (slice_is_empty(user) || slice_equal(domain, node->domain_name)))
		document_store_account_changed(node->documents, user);
	if (node->events && (slice_is_empty(user) || slice_equal(domain, node->domain_name)))
		events_account_changed(node->events, user);
}

/* --- how transactions send --- */

static int send_message(void *arg, const struct flow *flow, struct slice bytes)
{
	const struct node *node = arg;
	return transport_send(node->transport, flow, bytes);
}

static struct slice sent_by(void *arg, const struct flow *flow, char text[ADDRESS_TEXT_SIZE + 256])
{
	const struct node *node = arg;
	return transport_sent_by(node->transport, flow, text);
}

static int open_flow(void *arg, enum transport_kind kind, const struct address *peer, struct flow *flow)
{
	const struct node *node = arg;
	return transport_open(node->transport, kind, peer, slice_text(""), flow);
}

static void end_turn(void *arg)
{
	const struct node *node = arg;
	if (node->transactions)
		transactions_end_turn(node->transactions);
}

/* --- building --- */

static int build_transport(struct node *node)
{
	struct transport_options options = node_transport_options(&node->configuration);
	struct transport_events events = {
		.on_message = on_message, .on_too_large = on_too_large, .on_closed = on_closed, .arg = node};
	node->transport = transport_create(&node->loop, node->timers, node->log, &options, &events);
	if (!node->transport)
		return ERR_NO_MEMORY;
	int result = loop_driver_start(&node->driver, &node->loop, node->timers, end_turn, node);
	node->has_driver = result == 0;
	return result;
}

static int build_domain(struct node *node)
{
	struct slice aliases[64];
	size_t count = 0;
	const struct text_list *names = &node->configuration.domain_aliases;
	for (; count < names->count && count < ARRAY_SIZE(aliases); count++)
		aliases[count] = slice_text(names->items[count]);
	node->domain = domain_create(node->domain_name, aliases, count, node->transport);
	return node->domain ? 0 : ERR_NO_MEMORY;
}

static int build_storage(struct node *node)
{
	struct storage_options options = node_storage_options(&node->configuration, database_connection(node));
	struct storage_events events = {
		.on_available = on_available, .on_account_changed = on_account_changed, .arg = node};
	node->storage = storage_create(&node->loop, node->timers, node->log, &options, &events);
	if (!node->storage)
		return ERR_NO_MEMORY;
	node->accounts = accounts_create(node->storage, node->log, node->domain_name,
					 node->configuration.limits_accounts_cached);
	if (!node->accounts)
		return ERR_NO_MEMORY;
	struct sessions_options sessions = node_sessions_options(&node->configuration);
	struct sessions_parts parts = {
		.timers = node->timers, .accounts = node->accounts, .storage = node->storage, .log = node->log};
	node->sessions = sessions_create(&parts, &sessions);
	if (!node->sessions)
		return ERR_NO_MEMORY;
	accounts_set_sessions(node->accounts, node->sessions);
	node->location = location_create(node->timers, node->transport, node->accounts, node->storage, node->log);
	return node->location ? 0 : ERR_NO_MEMORY;
}

int node_build(struct node *node)
{
	int result = build_transport(node);
	if (result == 0)
		result = build_domain(node);
	return result < 0 ? result : build_storage(node);
}

static int build_core(struct node *node)
{
	struct authentication_options options = node_authentication_options(&node->configuration);
	node->authentication =
		authentication_create(node->domain, node->sessions, node->log, node->nonce_key, &options);
	struct http_callers_parts callers = {.timers = node->timers,
					     .domain = node->domain,
					     .accounts = node->accounts,
					     .sessions = node->sessions,
					     .storage = node->storage,
					     .log = node->log};
	node->http_callers = http_callers_create(&callers, node->nonce_key, &options);
	node->gruus = gruus_create(node->domain, node->gruu_key);
	node->trust = node_create_trust(&node->configuration);
	if (!node->authentication || !node->http_callers || !node->gruus || !node->trust)
		return ERR_NO_MEMORY;
	node->dispatch = dispatch_create(node->domain, node->accounts, node->authentication, node->trust, node->log,
					 node->transport);
	if (!node->dispatch)
		return ERR_NO_MEMORY;
	struct transactions_options timing = node_transactions_options(&node->configuration);
	struct transaction_sender sender = {.send = send_message, .sent_by = sent_by, .open = open_flow, .arg = node};
	node->transactions =
		transactions_create(node->timers, node->log, &timing, &sender, dispatch_request, node->dispatch);
	return node->transactions ? 0 : ERR_NO_MEMORY;
}

static int build_delivery(struct node *node)
{
	struct outbox_options outboxes = node_outbox_options(&node->configuration);
	struct messaging_options options = node_messaging_options(&node->configuration);
	node->recognition = recognition_create(node->timers, node->storage, node->log);
	node->outboxes =
		outboxes_create(node->timers, node->accounts, node->transactions, node->storage, node->log, &outboxes);
	if (!node->recognition || !node->outboxes)
		return ERR_NO_MEMORY;
	struct messaging_parts parts = {.timers = node->timers,
					.domain = node->domain,
					.accounts = node->accounts,
					.location = node->location,
					.gruus = node->gruus,
					.outboxes = node->outboxes,
					.recognition = node->recognition,
					.transactions = node->transactions,
					.storage = node->storage,
					.log = node->log};
	node->messaging = messaging_create(&parts, &options);
	if (!node->messaging)
		return ERR_NO_MEMORY;
	return 0;
}

/* What OPTIONS is told: the tables as they are now. */
static int describe_server(struct node *node)
{
	buffer_init(&node->allowed, 4096);
	dispatch_write_allow(node->dispatch, &node->allowed);
	events_write_allowed(node->events, &node->allowed);
	if (buffer_failed(&node->allowed))
		return ERR_NO_MEMORY;
	node->server_options.headers = buffer_slice(&node->allowed);
	return 0;
}

/* Which method goes where. */
static int fill_methods(struct node *node)
{
	const struct method_handler methods[] = {
		{SIP_REGISTER, registrar_handle, AUTHENTICATED, node->registrar, NULL},
		{SIP_MESSAGE, messaging_handle, AUTHENTICATED, node->messaging, NULL},
		{SIP_SUBSCRIBE, subscription_handle, AUTHENTICATED, node->events, NULL},
		{SIP_PUBLISH, publication_handle, OR_BY_ITS_ADDRESS, node->events, NULL},
		{SIP_NOTIFY, voicemail_handle_notify, OR_BY_ITS_ADDRESS, node->voicemail, voicemail_knows},
		{SIP_OPTIONS, server_options_handle, ANYBODY, &node->server_options, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		int result = dispatch_add(node->dispatch, &methods[i]);
		if (result < 0)
			return result;
	}
	return describe_server(node);
}

int node_build_features(struct node *node)
{
	int result = build_core(node);
	if (result < 0)
		return result;
	struct registrar_options options = node_registrar_options(&node->configuration);
	node->registrar = registrar_create(node->timers, node->accounts, node->location, node->gruus, node->storage,
					   node->log, &options);
	struct retention_options retention = node_retention_options(&node->configuration);
	node->retention = retention_create(node->timers, node->storage, node->log, &retention);
	result = node->registrar && node->retention ? build_delivery(node) : ERR_NO_MEMORY;
	if (result == 0)
		result = node_build_events(node);
	return result < 0 ? result : fill_methods(node);
}

/* --- taking apart --- */

/* The loop has ended: storage and transport are closed, nothing calls back any more. From the top down; transactions
 * first, because they still tell the features how their requests ended. */
void node_finish(struct node *node)
{
	transactions_destroy(node->transactions);
	node_finish_events(node);
	retention_destroy(node->retention);
	messaging_destroy(node->messaging);
	outboxes_destroy(node->outboxes);
	recognition_destroy(node->recognition);
	registrar_destroy(node->registrar);
	location_destroy(node->location);
	trust_destroy(node->trust);
	gruus_destroy(node->gruus);
	dispatch_destroy(node->dispatch);
	http_callers_destroy(node->http_callers);
	authentication_destroy(node->authentication);
	accounts_destroy(node->accounts);
	sessions_destroy(node->sessions);
	domain_destroy(node->domain);
	storage_destroy(node->storage);
	transport_destroy(node->transport);
	control_destroy(node->control);
}
