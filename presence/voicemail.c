/* Whose counts are asked for, and when it is whose turn. SPDX-License-Identifier: MIT */
#include "presence/voicemail.h"

#include "base/error.h"
#include "presence/voicemail_state.h"

#include <stdlib.h>
#include <string.h>

/* --- turns -------------------------------------------------------------------------------------------------------- */

/* While the server's name is not known. */
enum { LOOKUP_WAIT_MS = 30000 };

static void on_turn(struct timer *timer)
{
	struct voicemail *voicemail = CONTAINER_OF(timer, struct voicemail, turn);
	if (!voicemail_has_address(voicemail)) {
		timer_start(voicemail->parts->timers, &voicemail->turn, LOOKUP_WAIT_MS, on_turn);
		return;
	}
	unsigned count = pace_turn(&voicemail->pace, voicemail->options.per_second);
	struct list_link *link;
	while (count > 0 && (link = list_take_first(&voicemail->due))) {
		inquiry_send(CONTAINER_OF(link, struct inquiry, due));
		count--;
	}
	voicemail_wake(voicemail);
}

void voicemail_wake(struct voicemail *voicemail)
{
	struct timer *turn = &voicemail->turn;
	if (!voicemail->is_running || list_is_empty(&voicemail->due))
		return;
	/* One that waits for the address comes sooner when it is known. */
	bool is_soon = turn->due_at_ms <= timers_now(voicemail->parts->timers) + PACE_TURN_MS;
	if (timer_is_running(turn) && (is_soon || voicemail->address.family == ADDRESS_NONE))
		return;
	timer_start(voicemail->parts->timers, turn, PACE_TURN_MS, on_turn);
}

/* --- who is asked for --------------------------------------------------------------------------------------------- */

void voicemail_device_returned(struct voicemail *voicemail, struct device *device)
{
	inquiry_begin(voicemail, account_user(device->account));
}

static void on_watched(void *arg, struct slice user, bool is_watched)
{
	if (is_watched) /* else the next refresh finds out whether anybody wants to know */
		inquiry_begin(arg, user);
}

static void begin_for_bound(void *arg, struct account *account)
{
	if (account_count_bindings(account) > 0)
		inquiry_begin(arg, account_user(account));
}

void voicemail_resume(struct voicemail *voicemail)
{
	if (!voicemail->has_server)
		return;
	voicemail->is_running = true;
	accounts_each(voicemail->parts->accounts, begin_for_bound, voicemail);
	voicemail_wake(voicemail);
}

/* Over a new connection the dialog goes on: a refresh tells the server where we are now (RFC 3261 §12.2). */
static bool refresh_closed(struct table_link *link, void *arg)
{
	const struct flow *flow = arg;
	struct inquiry *inquiry = CONTAINER_OF(link, struct inquiry, by_user);
	if ((inquiry->state == INQUIRY_ACTIVE || inquiry->state == INQUIRY_CONFIRMING) &&
	    flow_equal(&inquiry->flow, flow))
		inquiry_queue(inquiry, !inquiry->has_dialog);
	return true;
}

void voicemail_flow_closed(struct voicemail *voicemail, const struct flow *flow)
{
	struct flow closed = *flow;
	if (flow->connection == 0 || !flow_equal(&voicemail->flow, flow))
		return;
	table_each(&voicemail->by_user, refresh_closed, &closed);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static struct slice keep(char **next, struct slice text)
{
	char *at = *next;
	if (text.length > 0)
		memcpy(at, text.at, text.length);
	*next += text.length;
	return slice_of(at, text.length);
}

static bool keep_options(struct voicemail *voicemail, const struct voicemail_options *options)
{
	char *next = malloc(options->server.length + options->user.length + options->password.length + 1);
	voicemail->option_texts = next;
	if (!next)
		return false;
	voicemail->options = *options;
	voicemail->options.server = keep(&next, options->server);
	voicemail->options.user = keep(&next, options->user);
	voicemail->options.password = keep(&next, options->password);
	voicemail->expires_s = options->expires_s;
	return true;
}

struct voicemail *voicemail_create(struct events *events, struct mailboxes *mailboxes, uv_loop_t *loop,
				   const struct voicemail_options *options)
{
	struct voicemail *voicemail = calloc(1, sizeof *voicemail);
	if (!voicemail)
		return NULL;
	voicemail->events = events;
	voicemail->parts = events_parts(events);
	voicemail->mailboxes = mailboxes;
	voicemail->loop = loop;
	voicemail->failure_rate = (struct log_rate){.burst = 5, .interval_ms = 10000};
	list_init(&voicemail->due);
	buffer_init(&voicemail->scratch, 131072);
	if (!keep_options(voicemail, options) || table_init(&voicemail->by_user) != 0 ||
	    table_init(&voicemail->by_call_id) != 0) {
		voicemail_destroy(voicemail);
		return NULL;
	}
	voicemail->has_server = !slice_is_empty(options->server) && voicemail_read_server(voicemail);
	if (!slice_is_empty(options->server) && !voicemail->has_server)
		log_event(voicemail->parts->log, LOG_ERROR, "voicemail_not_asked", NULL,
			  "%.*s is no address of a server that can be asked over UDP, TCP or TLS",
			  SLICE_ARGS(options->server));
	if (voicemail->has_server)
		mailboxes_on_watched(mailboxes, on_watched, voicemail);
	return voicemail;
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	inquiry_destroy(CONTAINER_OF(link, struct inquiry, by_user));
	return true;
}

void voicemail_destroy(struct voicemail *voicemail)
{
	if (!voicemail)
		return;
	if (voicemail->has_server)
		mailboxes_on_watched(voicemail->mailboxes, NULL, NULL);
	timer_stop(&voicemail->turn);
	voicemail_forget_resolution(voicemail);
	if (voicemail->by_user.buckets)
		table_each(&voicemail->by_user, destroy_one, voicemail);
	table_finish(&voicemail->by_user);
	table_finish(&voicemail->by_call_id);
	buffer_finish(&voicemail->scratch);
	free(voicemail->challenge_text);
	free(voicemail->option_texts);
	free(voicemail);
}

void voicemail_describe(const struct voicemail *voicemail, struct buffer *buffer)
{
	buffer_format(buffer, "voicemail.inquiries %zu\nvoicemail.active %u\nvoicemail.asked %llu\n",
		      voicemail->by_user.count, voicemail->active, (unsigned long long)voicemail->asked);
	buffer_format(buffer, "voicemail.failed %llu\nvoicemail.notified %llu\nvoicemail.refused %llu\n",
		      (unsigned long long)voicemail->failed, (unsigned long long)voicemail->notified,
		      (unsigned long long)voicemail->refused);
}
