/* What can be asked of a server that runs: `status` and `message`. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/node.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

static void handle_status(void *arg, struct control_call *call, const struct control_request *request)
{
	const struct node *node = arg;
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
	}
	storage_describe(node->storage, &buffer);
	bool good = !buffer_failed(&buffer);
	control_answer(call, good, good ? buffer_slice(&buffer) : SLICE("out of memory"));
	buffer_finish(&buffer);
}

static void on_sent(void *arg, unsigned status, const char *sentence)
{
	struct control_call *call = arg;
	struct buffer buffer;
	buffer_init(&buffer, 4096);
	buffer_format(&buffer, "%u %s\n", status, sentence ? sentence : "");
	control_answer(call, status >= 200 && status < 300,
		       buffer_failed(&buffer) ? SLICE("out of memory") : buffer_slice(&buffer));
	buffer_finish(&buffer);
}

/* "alice", "alice@example.test" or "sip:alice@example.test"; false where the domain is not ours. */
static bool read_user(const struct node *node, struct slice text, struct slice *user)
{
	struct slice rest = text;
	if (slice_starts_with(rest, SLICE("sip:")))
		rest = slice_from(rest, 4);
	*user = slice_take(&rest, '@');
	return !slice_is_empty(*user) && (slice_is_empty(rest) || domain_is_local(node->domain, rest, 0));
}

/* A message that waits for its sender to be looked up. */
struct outgoing {
	struct node *node;
	struct control_call *call;
	struct slice from, to, text; /* good until the call is answered */
};

static void on_sender(void *arg, int result, struct account *account)
{
	struct outgoing *outgoing = arg;
	struct node *node = outgoing->node;
	(void)account;
	if (result == 0 && node->phase == NODE_SERVING) {
		messaging_send_text(node->messaging, outgoing->from, outgoing->to, outgoing->text, on_sent,
				    outgoing->call);
	} else if (result == ERR_NOT_FOUND) {
		char sentence[ADDRESSES_DOMAIN_SIZE + 256];
		snprintf(sentence, sizeof(sentence), "404 There is no account %.*s@%.*s",
			 (int)(outgoing->from.length < 200 ? outgoing->from.length : 200), outgoing->from.at,
			 SLICE_ARGS(node->domain_name));
		control_answer(outgoing->call, false, slice_text(sentence));
	} else {
		control_answer(outgoing->call, false,
			       result < 0 ? slice_text(error_text(result)) : SLICE("the server does not serve now"));
	}
	free(outgoing);
}

/* In the name of accounts only: who answers must reach somebody. */
static void send_from_account(struct node *node, struct control_call *call, struct slice from, struct slice to,
			      struct slice text)
{
	if (accounts_find(node->accounts, from)) {
		messaging_send_text(node->messaging, from, to, text, on_sent, call);
		return;
	}
	struct outgoing *outgoing = malloc(sizeof(*outgoing));
	if (!outgoing) {
		control_answer(call, false, slice_text(error_text(ERR_NO_MEMORY)));
		return;
	}
	*outgoing = (struct outgoing){.node = node, .call = call, .from = from, .to = to, .text = text};
	accounts_load(node->accounts, from, on_sender, outgoing);
}

static void handle_message(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct slice from, to;
	if (node->phase != NODE_SERVING)
		control_answer(call, false, SLICE("the server does not serve now"));
	else if (!read_user(node, request->arguments[0], &from) || !read_user(node, request->arguments[1], &to))
		control_answer(call, false, SLICE("that is no address of this server's domain"));
	else if (slice_is_empty(request->text))
		control_answer(call, false, SLICE("the text is empty"));
	else
		send_from_account(node, call, from, to, request->text);
}

static const struct control_command commands[] = {{"status", 0, handle_status}, {"message", 2, handle_message}};

int control_commands_open(struct node *node, char error[CONTROL_ERROR_SIZE])
{
	node->control =
		control_create(&node->loop, node->log, node->state, commands, ARRAY_SIZE(commands), node, error);
	return node->control ? 0 : ERR_CONFIGURATION;
}
