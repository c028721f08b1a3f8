/* heliograph status, as the node answers it: a line for each number. SPDX-License-Identifier: MIT */
#include "program/control_handlers.h"

#include <inttypes.h>

#define STATUS_MOST (1u << 20)

static const char *phase_text(enum node_phase phase)
{
	static const char *const texts[] = {[NODE_STARTING] = "starting",
					    [NODE_SERVING] = "serving",
					    [NODE_DRAINING] = "draining",
					    [NODE_CLOSING] = "closing"};
	return texts[phase];
}

static void describe_features(const struct node *node, struct buffer *buffer)
{
	const struct authentication_counters *logins = authentication_counters(node->authentication);
	const struct location_counters *location = location_counters(node->location);
	const struct registrar_counters *registrar = registrar_counters(node->registrar);
	const struct messaging_counters *messaging = messaging_counters(node->messaging);
	const struct outbox_counters *outboxes = outbox_counters(node->outboxes);
	buffer_format(buffer, "requests_refused %" PRIu64 "\n", dispatch_counters(node->dispatch)->refused);
	buffer_format(buffer,
		      "challenges %" PRIu64 "\nlogins %" PRIu64 "\nwrong_passwords %" PRIu64 "\nstale_nonces %" PRIu64
		      "\nreplayed_nonces %" PRIu64 "\n",
		      logins->challenged, logins->accepted, logins->wrong, logins->stale, logins->replayed);
	buffer_format(buffer, "accounts_in_memory %zu\nregistrations %u\nregistrations_reachable %u\n",
		      accounts_count(node->accounts), location->bindings, location->reachable);
	buffer_format(buffer,
		      "registrations_written %" PRIu64 "\nregistrations_extended %" PRIu64
		      "\nregistrations_removed %" PRIu64 "\nregistrations_refused %" PRIu64 "\n",
		      registrar->written, registrar->extended, registrar->removed, registrar->refused);
	buffer_format(buffer,
		      "messages_delivered %" PRIu64 "\nmessages_kept %" PRIu64 "\nmessages_refused %" PRIu64
		      "\nmessages_recognised %" PRIu64 "\nmessages_not_to_keep %" PRIu64 "\nmessages_underway %u\n",
		      messaging->delivered, messaging->kept, messaging->refused, messaging->recognised,
		      messaging->fleeting, messaging->underway);
	buffer_format(buffer,
		      "outbox_delivered %" PRIu64 "\noutbox_refused %" PRIu64 "\noutbox_retried %" PRIu64
		      "\noutboxes_active %u\n",
		      outboxes->delivered, outboxes->refused, outboxes->retried, outboxes->active);
}

static void describe_watching(const struct node *node, struct buffer *buffer)
{
	const struct events_counters *events = events_counters(node->events);
	buffer_format(buffer, "subscriptions %u\nsubscriptions_suspended %u\nresources_watched %u\n",
		      events->subscriptions, events->suspended, events->resources);
	buffer_format(buffer,
		      "subscribes_new %" PRIu64 "\nsubscribes_refreshing %" PRIu64 "\nsubscribes_fetching %" PRIu64
		      "\nsubscribes_refused %" PRIu64 "\nsubscribes_over_limit %" PRIu64
		      "\nsubscriptions_ended %" PRIu64 "\n",
		      events->subscribed, events->refreshed, events->fetched, events->refused, events->over_limit,
		      events->ended);
	buffer_format(buffer,
		      "notifies_sent %" PRIu64 "\nnotifies_answered %" PRIu64 "\nnotifies_unanswered %" PRIu64
		      "\nnotifies_rejected %" PRIu64 "\nbodies_written %" PRIu64 "\n",
		      events->notified, events->answered, events->unanswered, events->rejected, events->composed);
	buffer_format(buffer,
		      "publications %u\npublications_new %" PRIu64 "\npublications_refreshed %" PRIu64
		      "\npublications_removed %" PRIu64 "\npublications_expired %" PRIu64
		      "\npublications_refused %" PRIu64 "\n",
		      events->publications, events->published, events->publications_refreshed,
		      events->publications_removed, events->publications_expired, events->publications_refused);
}

struct mailbox_totals {
	unsigned known, waiting;
};

static void count_mailbox(void *arg, struct slice mailbox, const struct message_summary *summary)
{
	struct mailbox_totals *totals = arg;
	(void)mailbox;
	totals->known++;
	totals->waiting += summary->is_waiting;
}

static void describe_voicemail(struct node *node, struct buffer *buffer)
{
	const struct lamps_counters *lamps = lamps_counters(node->lamps);
	struct mailbox_totals totals = {0};
	mailboxes_each(node->mailboxes, count_mailbox, &totals);
	buffer_format(buffer, "mailboxes %u\nmailboxes_waiting %u\n", totals.known, totals.waiting);
	buffer_format(buffer,
		      "lamps_sent %" PRIu64 "\nlamps_answered %" PRIu64 "\nlamps_unanswered %" PRIu64
		      "\nlamps_refused %" PRIu64 "\nlamps_underway %u\nlamps_waiting %u\n",
		      lamps->sent, lamps->answered, lamps->unanswered, lamps->refused, lamps->underway, lamps->waiting);
	voicemail_describe(node->voicemail, buffer);
}

static void describe_api(const struct node *node, struct buffer *buffer)
{
	const struct api_counters *api = api_counters(node->api);
	buffer_format(buffer,
		      "api_requests %" PRIu64 "\napi_unauthorized %" PRIu64 "\napi_forbidden %" PRIu64
		      "\napi_failed %" PRIu64 "\napi_underway %u\n",
		      api->requests, api->unauthorized, api->forbidden, api->failed, api->underway);
}

void handle_status(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct buffer buffer;
	(void)request;
	buffer_init(&buffer, STATUS_MOST);
	buffer_format(&buffer, "version " HELIOGRAPH_VERSION "\nphase %s\nuptime_s %" PRId64 "\ndomain %.*s\n",
		      phase_text(node->phase), (timers_now(node->timers) - node->started_at_ms) / 1000,
		      SLICE_ARGS(node->domain_name));
	buffer_format(&buffer, "database %s\n", storage_is_available(node->storage) ? "available" : "away");
	transport_describe(node->transport, &buffer);
	if (node->phase == NODE_SERVING || node->phase == NODE_DRAINING) {
		transactions_describe(node->transactions, &buffer);
		describe_features(node, &buffer);
		describe_watching(node, &buffer);
		describe_voicemail(node, &buffer);
		describe_api(node, &buffer);
	}
	storage_describe(node->storage, &buffer);
	control_answer_buffer(call, &buffer);
}
