/* The event side of the node: building it, what it is told of the rest, and taking it apart.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/node.h"
#include "program/node_documents.h"
#include "program/node_event_options.h"

/* --- what it is told --- */

static void on_returned(void *arg, struct device *device)
{
	struct node *node = arg;
	messaging_device_returned(node->messaging, device);
	events_device_returned(node->events, device);
	lamps_device_returned(node->lamps, device);
	voicemail_device_returned(node->voicemail, device);
}

static void on_bindings_changed(void *arg, struct account *account)
{
	const struct node *node = arg;
	people_bindings_changed(node->people, account);
	lamps_bindings_changed(node->lamps, account);
}

static void on_conversation_changed(void *arg, struct slice user, struct slice peer)
{
	const struct node *node = arg;
	conversations_changed(node->conversations, user, peer);
}

static void on_account_removed(void *arg, struct account *account)
{
	const struct node *node = arg;
	account_hold(node->accounts, account);
	location_account_removed(node->location, account);
	events_account_removed(node->events, account);
	document_store_account_removed(node->documents, account);
	lamps_bindings_changed(node->lamps, account);
	mailboxes_account_removed(node->mailboxes, account_user(account));
	account_release(node->accounts, account);
}

static void on_session_ended(void *arg, struct account *account, int64_t session_id)
{
	const struct node *node = arg;
	events_session_ended(node->events, account, session_id); /* the last NOTIFYs leave before the connection does */
	location_session_ended(node->location, account, session_id);
}

/* --- building --- */

static int create_events(struct node *node)
{
	struct events_options options = node_events_options(&node->configuration);
	struct events_parts parts = {.timers = node->timers,
				     .transport = node->transport,
				     .transactions = node->transactions,
				     .domain = node->domain,
				     .accounts = node->accounts,
				     .location = node->location,
				     .gruus = node->gruus,
				     .storage = node->storage,
				     .documents = node->documents,
				     .profiles = node->profiles,
				     .log = node->log};
	node->events = events_create(&parts, &options);
	return node->events ? 0 : ERR_NO_MEMORY;
}

static int create_packages(struct node *node)
{
	struct people_options people = node_people_options(&node->configuration);
	struct slice codes[OPTION_LIST_MOST];
	struct mailbox_options mailboxes = node_mailbox_options(&node->configuration, codes);
	struct mailboxes_parts parts = {.timers = node->timers,
					.domain = node->domain,
					.accounts = node->accounts,
					.storage = node->storage,
					.events = node->events,
					.log = node->log};
	node->people = people_create(node->events, &people);
	node->mailboxes = mailboxes_create(&parts, &mailboxes);
	node->conversations = conversations_create(node->events);
	if (!node->people || !node->mailboxes || !node->conversations)
		return ERR_NO_MEMORY;
	people_set_manipulations(node->people, node->manipulations);
	const struct {
		const struct event_package *package;
		enum watch_policy policy;
		void *arg;
	} rows[] = {
		{&presence_package, node_presence_policy(&node->configuration), node->people},
		{&dialog_package, node_dialog_policy(&node->configuration), node->people},
		{&registration_package, node_registration_policy(&node->configuration), node->people},
		{&conference_package, node_conference_policy(&node->configuration), node->people},
		{&presence_winfo_package, WATCH_SELF, node->events},
		{&dialog_winfo_package, WATCH_SELF, node->events},
		{&xcap_diff_package, WATCH_SELF, node->xcap_diffs},
		{&message_summary_package, WATCH_DOMAIN, node->mailboxes}, /* and it asks whose mailbox it is */
		{&conversations_package, WATCH_SELF, node->conversations},
		{&asterisk_mwi_package, WATCH_NOBODY, node->mailboxes},
		{&asterisk_device_state_package, WATCH_NOBODY, node->people},
	};
	int result = 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows) && result == 0; i++)
		result = events_add_package(node->events, rows[i].package, rows[i].policy, rows[i].arg);
	return result;
}

static int create_lamps(struct node *node)
{
	struct lamps_options lamps = node_lamps_options(&node->configuration);
	struct voicemail_options voicemail = node_voicemail_options(&node->configuration);
	node->lamps = lamps_create(node->events, node->mailboxes, &lamps);
	node->voicemail = voicemail_create(node->events, node->mailboxes, &node->loop, &voicemail);
	return node->lamps && node->voicemail ? 0 : ERR_NO_MEMORY;
}

static int create_api(struct node *node)
{
	struct api_parts parts = {.timers = node->timers,
				  .transport = node->transport,
				  .domain = node->domain,
				  .accounts = node->accounts,
				  .sessions = node->sessions,
				  .callers = node->http_callers,
				  .storage = node->storage,
				  .events = node->events,
				  .people = node->people,
				  .mailboxes = node->mailboxes,
				  .documents = node->documents,
				  .conversations = node->conversations,
				  .log = node->log};
	struct api_options options = node_api_options(&node->configuration);
	node->api = api_create(&parts, &options);
	return node->api ? 0 : ERR_NO_MEMORY;
}

int node_build_events(struct node *node)
{
	node->profiles = node_create_profiles(&node->configuration);
	int result = node->profiles ? node_build_documents(node) : ERR_NO_MEMORY;
	if (result == 0)
		result = create_events(node);
	if (result == 0)
		result = node_build_document_listeners(node);
	if (result == 0)
		result = create_packages(node);
	if (result == 0)
		result = create_lamps(node);
	if (result == 0)
		result = create_api(node);
	if (result == 0)
		result = node_build_xcap(node);
	if (result < 0)
		return result;
	location_on_returned(node->location, on_returned, node);
	location_on_changed(node->location, on_bindings_changed, node);
	accounts_on_removed(node->accounts, on_account_removed, node);
	sessions_on_ended(node->sessions, on_session_ended, node);
	messaging_on_changed(node->messaging, on_conversation_changed, node);
	return 0;
}

/* --- reloading and taking apart --- */

void node_reload_events(struct node *node)
{
	const struct configuration *configuration = &node->configuration;
	struct slice codes[OPTION_LIST_MOST];
	struct events_options events = node_events_options(configuration);
	struct people_options people = node_people_options(configuration);
	struct lamps_options lamps = node_lamps_options(configuration);
	struct mailbox_options mailboxes = node_mailbox_options(configuration, codes);
	events_set_options(node->events, &events);
	node_reload_documents(node);
	events_set_policy(node->events, presence_package.name, node_presence_policy(configuration));
	events_set_policy(node->events, dialog_package.name, node_dialog_policy(configuration));
	events_set_policy(node->events, registration_package.name, node_registration_policy(configuration));
	events_set_policy(node->events, conference_package.name, node_conference_policy(configuration));
	people_set_options(node->people, &people);
	lamps_set_options(node->lamps, &lamps);
	struct api_options api = node_api_options(configuration);
	api_set_options(node->api, &api);
	if (mailboxes_set_options(node->mailboxes, &mailboxes) < 0)
		log_event(node->log, LOG_ERROR, "reload_failed", NULL, "%s: the mailboxes go on as they were",
			  error_text(ERR_NO_MEMORY));
}

/* After this nothing is told to it any more. */
void node_finish_events(struct node *node)
{
	if (node->location) {
		location_on_returned(node->location, NULL, NULL);
		location_on_changed(node->location, NULL, NULL);
	}
	if (node->messaging)
		messaging_on_changed(node->messaging, NULL, NULL);
	node_finish_xcap(node);
	api_destroy(node->api);
	voicemail_destroy(node->voicemail);
	lamps_destroy(node->lamps);
	events_destroy(node->events);
	conversations_destroy(node->conversations);
	mailboxes_destroy(node->mailboxes);
	people_destroy(node->people);
	node_finish_documents(node);
	profiles_destroy(node->profiles);
	buffer_finish(&node->allowed);
}
