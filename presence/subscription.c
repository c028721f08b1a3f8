/* SUBSCRIBE (RFC 6665 §4.2.1): create, refresh, fetch, end. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/device_of.h"
#include "presence/list_watches.h"
#include "presence/resource_user.h"
#include "presence/rules.h"
#include "presence/subscribing.h"
#include "presence/view.h"

#include <stdio.h>

/* What a dialog may keep in memory and in its row: Call-ID, tags, URIs and routes together. */
enum { DIALOG_TEXTS_MOST = 8192 };

/* What the rules may give for one watcher. */
#define VERDICT_MOST (4u << 20)

/* --- beginning ---------------------------------------------------------------------------------------------------- */

static int begin_dialog(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct subscription *subscription = subscribing->subscription;
	struct slice texts[DIALOG_TEXT_COUNT];
	int result = dialog_read(&request->message, &request->arena, slice_text(request->to_tag), texts);
	if (result != 0)
		return result;
	texts[DIALOG_USAGE] = subscribing->event_id;
	size_t bytes = 0;
	for (int i = 0; i < DIALOG_TEXT_COUNT; i++)
		bytes += texts[i].length;
	if (bytes > DIALOG_TEXTS_MOST)
		return ERR_LIMIT;
	subscription->dialog.remote_cseq = sip_message_cseq(&request->message)->number;
	return dialog_set(&subscription->dialog, texts);
}

static void refuse_dialog(struct subscribing *subscribing, int result)
{
	if (result == ERR_SYNTAX)
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
				   "Contact or Record-Route does not say where NOTIFYs should go");
	else if (result == ERR_LIMIT)
		subscribing_refuse(
			subscribing, SIP_MESSAGE_TOO_LARGE, SLICE(""),
			"What names the dialog and its way (Call-ID, Contact, Record-Route …) is too long to be kept");
	else
		subscribing_refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), error_text(result));
}

static struct subscription *create(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	const struct event_package *package = subscribing->row->package;
	struct slice name = subscribing->target.name;
	struct resource *resource =
		subscribing->is_list ? resource_get_list(events, package, name) : resource_get(events, package, name);
	struct subscription *subscription =
		resource ? subscription_create(events, resource, subscribing->request->sender) : NULL;
	if (resource && !subscription)
		resource_release(events, resource);
	return subscription;
}

/* Who may see what of it. The entries of a list are judged each for itself. */
static int look_at_resource(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	struct resource *resource = subscription_resource(subscription);
	const struct subscription_content *content = &subscribing->content;
	if (!resource->is_list)
		return watch_judge(&subscription->watch,
				   &(struct watch_wish){.selection = content->selection, .filters = content->filters});
	if (subscribing->definition) {
		list_definition_hold(subscribing->definition);
		list_resource_define(resource, subscribing->definition);
	}
	list_watches_begin(subscription, content->filters);
	return subscription->list ? 0 : ERR_NO_MEMORY;
}

static void start(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	struct subscription *subscription = create(subscribing);
	subscribing->subscription = subscription;
	int result = subscription ? begin_dialog(subscribing) : ERR_NO_MEMORY;
	if (result != 0) {
		subscribing->subscription = NULL;
		if (subscription)
			subscription_destroy(subscription);
		refuse_dialog(subscribing, result);
		return;
	}
	if (subscribing->target.needs_account) /* asked before */
		resource_set_user(subscription_resource(subscription), USER_KNOWN);
	subscription_index(subscription);
	subscription->id = storage_next_message_id(events->parts.storage);
	subscription->device_id = device_of_request(&events->parts, request);
	subscription->session_id = request->session_id;
	subscription->profile =
		profiles_find(events->parts.profiles, sip_message_value(&request->message, SIP_HEADER_USER_AGENT));
	result = look_at_resource(subscribing);
	if (result != 0) {
		subscribing->subscription = NULL;
		subscription_destroy(subscription);
		refuse_dialog(subscribing, result);
		return;
	}
	subscription->format = subscribing->format;
	subscription->takes_deflate = subscribing->takes_deflate;
	subscription->least_interval_ms = subscribing->least_interval_ms;
	subscription->most_interval_ms = subscribing->most_interval_ms;
	subscription->is_adaptive = subscribing->is_adaptive;
	subscription->recent = RECENT_AVERAGE;
	subscription_set_flow(subscription, &request->flow);
	if (subscribing->expires_s == 0) { /* a fetch: there is nothing to keep */
		subscription->state = SUBSCRIPTION_ACTIVE;
		events->counters.fetched++;
		subscribing_forget_content(subscribing);
		subscribing_answer(subscribing);
		return;
	}
	subscribing->is_new = true;
	subscribing_keep(subscribing, true);
}

/* May he? Also where he has to wait for a decision. 0, or the status to refuse with. */
static unsigned ask_rules(const struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct rules_verdict verdict;
	struct arena arena;
	if (subscribing->is_list)
		return 0;
	arena_init(&arena, &events->arenas, VERDICT_MOST);
	int result = rules_judge(events, subscribing->row, subscribing->target.name,
				 account_user(subscribing->request->sender), &arena, &verdict);
	arena_finish(&arena);
	return result != 0 ? SIP_INTERNAL_ERROR : verdict.handling == WATCH_BLOCK ? SIP_FORBIDDEN : 0;
}

static void admit(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	unsigned status = ask_rules(subscribing);
	if (status != 0) {
		subscribing_refuse(subscribing, status, SLICE(""),
				   status == SIP_FORBIDDEN ? "The sender may not watch this"
							   : error_text(ERR_NO_MEMORY));
	} else if (!subscribing_has_room(subscribing)) {
		char sentence[100];
		events->counters.over_limit++;
		snprintf(sentence, sizeof sentence, "The account has %u subscriptions already, which is the limit",
			 events->options.subscriptions_most);
		subscribing_refuse(subscribing, SIP_FORBIDDEN, SLICE(""), sentence);
	} else {
		start(subscribing);
	}
}

static void on_target_loaded(void *arg, int result, struct account *account)
{
	struct subscribing *subscribing = arg;
	struct account *watcher = subscribing->request->sender;
	(void)account;
	if (result == 0 && !watcher->is_removed)
		admit(subscribing);
	else if (result == ERR_NOT_FOUND)
		subscribing_refuse(subscribing, SIP_NOT_FOUND, SLICE(""), "There is no such user");
	else
		subscribing_refuse_for_storage(subscribing, result < 0 ? result : ERR_NOT_FOUND);
	account_release(subscribing->events->parts.accounts, watcher);
}

unsigned events_resolve(struct events *events, const struct package_row *row, struct arena *arena,
			const struct sip_uri *uri, const struct account *asker, struct event_target *target,
			const char **sentence)
{
	if (row->package->resolve)
		return row->package->resolve(row->arg, arena, uri, asker, target, sentence);
	int result;
	if (gruu_is(uri)) {
		struct gruu_target gruu;
		result = gruu_resolve(events->parts.gruus, arena, uri, &gruu);
		target->name = result == 0 ? gruu.user : SLICE("");
	} else {
		result = domain_user(events->parts.domain, arena, uri, &target->name);
	}
	target->needs_account = true;
	*sentence = result == ERR_NO_MEMORY ? error_text(result) : "There is no such user";
	if (result == ERR_NO_MEMORY)
		return SIP_INTERNAL_ERROR;
	return result == 0 && target->name.length <= RESOURCE_NAME_MOST ? 0 : SIP_NOT_FOUND;
}

/* --- within the dialog
 * ------------------------------------------------------------------------------------------------ */

/* A refresh may move the watcher: another Contact (a target refresh, RFC 6665 §4.4.1), another flow. */
static int move(struct subscribing *subscribing, bool *has_changed)
{
	struct subscription *subscription = subscribing->subscription;
	struct request *request = subscribing->request;
	struct slice texts[DIALOG_TEXT_COUNT], fresh[DIALOG_TEXT_COUNT];
	dialog_texts(&subscription->dialog, texts);
	int result = dialog_read(&request->message, &request->arena, texts[DIALOG_LOCAL_TAG], fresh);
	if (result == 0 && !slice_equal(fresh[DIALOG_TARGET], texts[DIALOG_TARGET])) {
		texts[DIALOG_TARGET] = fresh[DIALOG_TARGET];
		*has_changed = true;
		result = dialog_set(&subscription->dialog, texts);
	}
	/* Without a Contact it stays where it was. */
	if (result == ERR_NO_MEMORY || result == ERR_LIMIT)
		return result;
	if (!subscription->is_reachable || !flow_equal(&subscription->flow, &request->flow)) {
		/* A connection's row says only that it was one. */
		*has_changed |= request->flow.transport == TRANSPORT_UDP ||
				request->flow.transport != subscription->flow.transport;
		subscription_set_flow(subscription, &request->flow);
	}
	return 0;
}

/* A list that came in the dialog is that subscription's own: it is told behind the answer, and not before. */
static void take_list(const struct subscribing *subscribing)
{
	struct resource *resource = subscription_resource(subscribing->subscription);
	list_definition_hold(subscribing->definition);
	if (list_name_kind(resource_name(resource)) != LIST_CARRIED) {
		list_resource_define(resource, subscribing->definition);
		return;
	}
	list_definition_release(resource->definition);
	resource->definition = subscribing->definition;
}

/* The rules are asked again, about what he wants to see now: without a body that is what it was (RFC 4660 §5.2,
 * RFC 5367 §4). ERR_NO_MEMORY. */
static int judge_again(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	struct watch *watch = &subscription->watch;
	const struct subscription_content *content = &subscribing->content;
	if (!subscribing->is_list) {
		struct view_texts seen = view_texts(watch->view);
		struct view *view = watch->view;
		struct watch_wish wish = {.selection = subscribing->has_content ? content->selection : seen.selection,
					  .filters = subscribing->has_content ? content->filters : seen.filters};
		view_hold(view); /* the texts of the wish may be its */
		int result = watch_judge(watch, &wish);
		view_release(view);
		return result;
	}
	if (subscribing->definition)
		take_list(subscribing);
	if (subscribing->has_content)
		list_watches_begin(subscription, content->filters);
	else
		list_watches_check(subscription);
	return 0;
}

static unsigned refresh(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	bool has_changed = false;
	subscribing->is_list = subscription_resource(subscription)->is_list;
	if (subscription->pending)
		return subscribing_refuse(subscribing, SIP_INTERNAL_ERROR, SLICE("Retry-After: 1\r\n"),
					  "The SUBSCRIBE before this one is being committed");
	subscription->dialog.remote_cseq = sip_message_cseq(&subscribing->request->message)->number;
	/* The resource may be gone with the subscription before the commit is answered. */
	int result = arena_copy(&subscribing->request->arena, resource_name(subscription_resource(subscription)),
				&subscribing->target.name);
	if (result == 0)
		result = judge_again(subscribing);
	if (result == 0)
		result = move(subscribing, &has_changed);
	if (result != 0)
		return subscribing_refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), error_text(result));
	if (subscription_is_refused(subscription) && subscribing->expires_s > 0) {
		subscription_end_refused(subscription);
		return subscribing_refuse(subscribing, SIP_FORBIDDEN, SLICE(""),
					  "The sender may not watch this (any more)");
	}
	has_changed |= subscription->session_id != subscribing->request->session_id;
	subscription->session_id = subscribing->request->session_id;
	has_changed |= subscribing->has_content || subscription->takes_deflate != subscribing->takes_deflate;
	subscription->takes_deflate = subscribing->takes_deflate;
	if (subscribing->takes_format && subscription->format != subscribing->format) {
		subscription->format = subscribing->format;
		has_changed = true;
	}
	has_changed |= subscription->least_interval_ms != subscribing->least_interval_ms ||
		       subscription->most_interval_ms != subscribing->most_interval_ms ||
		       subscription->is_adaptive != subscribing->is_adaptive;
	subscription->least_interval_ms = subscribing->least_interval_ms;
	subscription->most_interval_ms = subscribing->most_interval_ms;
	subscription->is_adaptive = subscribing->is_adaptive;
	subscribing_keep(subscribing, has_changed);
	return SIP_LATER;
}

/* --- one that was sent before --- */

/* Call-ID and From tag are those of a subscription that is there: the SUBSCRIBE that made it, once more, by a watcher
 * who has not seen the answer (it was committed, and then the server was killed), or has, and repeats too much. It goes
 * on in that dialog: a second one would end the first, whose 200 may be on its way. */
static bool find_repeated(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct slice call_id = sip_message_call_id(&request->message);
	struct slice tag = sip_tag(sip_message_from(&request->message));
	uint32_t cseq = sip_message_cseq(&request->message)->number;
	for (struct subscription *each = request->sender->subscriptions; each; each = each->next_of_watcher) {
		const struct dialog *dialog = &each->dialog;
		if (each->state == SUBSCRIPTION_ACTIVE && slice_equal(dialog_text(dialog, DIALOG_CALL_ID), call_id) &&
		    slice_equal(dialog_text(dialog, DIALOG_REMOTE_TAG), tag) &&
		    slice_equal(dialog_text(dialog, DIALOG_USAGE), subscribing->event_id) &&
		    events_row(subscribing->events, subscription_resource(each)) == subscribing->row &&
		    slice_equal(resource_name(subscription_resource(each)), subscribing->target.name) &&
		    cseq >= dialog->remote_cseq)
			subscribing->subscription = each;
	}
	return subscribing->subscription != NULL;
}

static unsigned repeat(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct slice tag = dialog_text(&subscribing->subscription->dialog, DIALOG_LOCAL_TAG);
	snprintf(request->to_tag, sizeof request->to_tag, "%.*s", SLICE_ARGS(tag));
	subscribing->takes_format = true;
	return refresh(subscribing);
}

/* RFC 5367 §4: then the list is one, whatever its part is called. */
static bool requires_list(const struct subscribing *subscribing)
{
	return sip_message_lists(&subscribing->request->message, SIP_HEADER_REQUIRE, SLICE("recipient-list-subscribe"));
}

/* Which resource, does it exist, may he. */
static unsigned begin_resource(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	const char *sentence = NULL;
	unsigned status =
		events_resolve(events, subscribing->row, &request->arena, sip_message_request_uri(&request->message),
			       request->sender, &subscribing->target, &sentence);
	if (status != 0)
		return subscribing_refuse(subscribing, status, SLICE(""), sentence);
	if (subscribing->expires_s > 0 && find_repeated(subscribing))
		return repeat(subscribing);
	const struct event_target *target = &subscribing->target;
	const struct resource *resource = resource_find(events, subscribing->row->package->name, target->name);
	if (!target->needs_account || accounts_find(events->parts.accounts, target->name) ||
	    (resource && resource->user == USER_KNOWN)) {
		admit(subscribing);
		return SIP_LATER;
	}
	account_hold(events->parts.accounts, request->sender);
	accounts_load(events->parts.accounts, target->name, on_target_loaded, subscribing);
	return SIP_LATER;
}

/* A list that can be had; or there was an account behind the name of one. */
static void on_list_found(struct subscribing *subscribing)
{
	if (!subscribing->is_list)
		(void)begin_resource(subscribing);
	else if (subscribing->expires_s > 0 && find_repeated(subscribing))
		(void)repeat(subscribing);
	else
		admit(subscribing);
}

/* Outside of a dialog. */
static unsigned handle_new(struct subscribing *subscribing)
{
	if (!subscribing_choose_format(subscribing) ||
	    !subscribing_read_body(subscribing, requires_list(subscribing)) ||
	    subscribing_find_list(subscribing, on_list_found))
		return SIP_LATER;
	return begin_resource(subscribing);
}

static unsigned handle_within(struct subscribing *subscribing, struct slice local_tag)
{
	struct request *request = subscribing->request;
	struct sip_message *message = &request->message;
	struct subscription *subscription = subscription_find(subscribing->events, sip_message_call_id(message),
							      local_tag, sip_tag(sip_message_from(message)));
	if (!subscription || subscription->state == SUBSCRIPTION_ENDING)
		return subscribing_refuse(subscribing, SIP_NO_TRANSACTION, SLICE(""),
					  "There is no such subscription (any more)");
	if (subscription->watcher != request->sender)
		return subscribing_refuse(subscribing, SIP_FORBIDDEN, SLICE(""), "The subscription is somebody else's");
	if (events_row(subscribing->events, subscription_resource(subscription)) != subscribing->row ||
	    !slice_equal(dialog_text(&subscription->dialog, DIALOG_USAGE), subscribing->event_id))
		return subscribing_refuse(subscribing, SIP_NO_TRANSACTION, SLICE(""),
					  "The dialog has no subscription to this event");
	/* RFC 3261 §12.2.2: what comes out of order is not served; the same number is a copy of what was committed, and
	 * not answered, before a restart */
	if (sip_message_cseq(message)->number < subscription->dialog.remote_cseq)
		return subscribing_refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""),
					  "CSeq is lower than that of the last");
	subscribing->subscription = subscription;
	if (!subscribing_read_body(subscribing, subscription_resource(subscription)->is_list) ||
	    !subscribing_replace_list(subscribing))
		return SIP_LATER;
	return refresh(subscribing);
}

unsigned subscription_handle(void *arg, struct request *request)
{
	struct subscribing *subscribing = arena_allocate_zeroed(&request->arena, 1, sizeof *subscribing);
	if (!subscribing)
		return SIP_INTERNAL_ERROR;
	subscribing->events = arg;
	subscribing->request = request;
	if (!subscribing_read(subscribing))
		return SIP_LATER;
	struct slice local_tag = sip_tag(sip_message_to(&request->message));
	return slice_is_empty(local_tag) ? handle_new(subscribing) : handle_within(subscribing, local_tag);
}
