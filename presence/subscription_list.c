/* A SUBSCRIBE to a list: which one, and whether the watcher can read what we would tell (RFC 4662 §4, RFC 5367).
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/fnv.h"
#include "presence/list_watches.h"
#include "presence/subscribing.h"

#include <inttypes.h>
#include <stdio.h>

void subscribing_write_list_headers(const struct subscribing *subscribing, struct buffer *headers)
{
	if (subscribing->is_list)
		buffer_text(headers, "Require: eventlist\r\n");
}

/* --- one that is carried -------------------------------------------------------------------------------------------
 */

static bool refuse_list(struct subscribing *subscribing, int result, const char *sentence)
{
	unsigned status = result == ERR_SYNTAX  ? SIP_BAD_REQUEST
			  : result == ERR_LIMIT ? SIP_ENTITY_TOO_LARGE
						: SIP_INTERNAL_ERROR;
	subscribing_refuse(subscribing, status, SLICE(""), sentence);
	return false;
}

static bool read_carried(struct subscribing *subscribing)
{
	struct body_error error = {""};
	list_definition_release(subscribing->definition);
	subscribing->definition = NULL;
	int result = lists_read_carried(subscribing->events->lists, subscribing->content.list, &subscribing->definition,
					&error);
	return result == 0 ? true
			   : refuse_list(subscribing, result, error.sentence[0] ? error.sentence : error_text(result));
}

/* The list belongs to the watcher and his dialog: it is called after what he has given to that, so that the SUBSCRIBE,
 * when it is repeated after a restart, finds it again. Whoever else has the same Call-ID has another list. */
static int name_carried(struct subscribing *subscribing)
{
	struct sip_message *message = &subscribing->request->message;
	uint64_t dialog = fnv_add(fnv_tag(sip_tag(sip_message_from(message))), subscribing->event_id);
	char text[52];
	int length =
		snprintf(text, sizeof text, "%" PRIx64 ".%016" PRIx64 "%016" PRIx64,
			 (uint64_t)subscribing->request->sender->id, fnv_tag(sip_message_call_id(message)), dialog);
	return list_name_make(&subscribing->request->arena, LIST_CARRIED, slice_of(text, (size_t)length),
			      &subscribing->target.name);
}

/* --- any ---------------------------------------------------------------------------------------------------------- */

struct list_wait {
	struct subscribing *subscribing;
	subscribing_go_on_fn *go_on;
	enum list_kind kind;
	struct slice user; /* of the Request-URI */
};

static void refuse_unread(struct subscribing *subscribing, int result, const char *sentence)
{
	if (result == ERR_NOT_FOUND)
		subscribing_refuse(subscribing, SIP_NOT_FOUND, SLICE(""), "There is no such list");
	else if (result == ERR_SYNTAX || result == ERR_LIMIT || result == ERR_NO_MEMORY)
		refuse_list(subscribing, result, sentence);
	else
		subscribing_refuse_for_storage(subscribing, result);
}

static void on_read(void *arg, int result, struct list_definition *definition, const char *sentence)
{
	struct list_wait *wait = arg;
	struct subscribing *subscribing = wait->subscribing;
	struct account *watcher = subscribing->request->sender;
	subscribing->definition = definition;
	if (result == 0 && !watcher->is_removed)
		wait->go_on(subscribing);
	else
		refuse_unread(subscribing, result != 0 ? result : ERR_NOT_FOUND, sentence);
	account_release(subscribing->events->parts.accounts, watcher);
}

/* Those that are kept somewhere. */
static void read_kept(struct list_wait *wait)
{
	struct subscribing *subscribing = wait->subscribing;
	struct request *request = subscribing->request;
	account_hold(subscribing->events->parts.accounts, request->sender);
	lists_read(subscribing->events->lists, subscribing->target.name, account_user(request->sender), on_read, wait);
}

static enum list_kind kind_of(const struct subscribing *subscribing, struct slice user)
{
	if (subscribing->content.has_list)
		return LIST_CARRIED;
	return slice_is_empty(user) ? LIST_NONE
				    : lists_find(subscribing->events->lists, user, subscribing->request->sender);
}

static int name_list(const struct list_wait *wait)
{
	struct request *request = wait->subscribing->request;
	if (wait->kind == LIST_CARRIED)
		return name_carried(wait->subscribing);
	return list_name_make(&request->arena, wait->kind,
			      wait->kind == LIST_BUDDIES ? account_user(request->sender) : wait->user,
			      &wait->subscribing->target.name);
}

static void take_list(struct list_wait *wait)
{
	struct subscribing *subscribing = wait->subscribing;
	/* RFC 4662 §4.5: who cannot read lists is told so */
	if (!subscribing->takes_lists) {
		subscribing_refuse(subscribing, SIP_EXTENSION_REQUIRED, SLICE("Require: eventlist\r\n"),
				   "This is a list, which takes a phone that says Supported: eventlist");
		return;
	}
	if (wait->kind == LIST_SERVICE &&
	    !lists_serves(subscribing->events->lists, wait->user, subscribing->request->sender,
			  subscribing->row->package->name)) {
		subscribing_refuse_event(subscribing, "The list is not for this event package");
		return;
	}
	subscribing->is_list = true;
	int result = name_list(wait);
	if (result != 0)
		subscribing_refuse(subscribing, result == ERR_LIMIT ? SIP_NOT_FOUND : SIP_INTERNAL_ERROR, SLICE(""),
				   error_text(result));
	else if (wait->kind != LIST_CARRIED)
		read_kept(wait);
	else if (read_carried(subscribing))
		wait->go_on(subscribing);
}

static void on_account(void *arg, int result, struct account *account)
{
	struct list_wait *wait = arg;
	struct subscribing *subscribing = wait->subscribing;
	struct account *watcher = subscribing->request->sender;
	(void)account;
	if (watcher->is_removed)
		refuse_unread(subscribing, ERR_NOT_FOUND, "");
	else if (result == 0)
		wait->go_on(subscribing);
	else if (result == ERR_NOT_FOUND)
		take_list(wait);
	else
		refuse_unread(subscribing, result, error_text(result));
	account_release(subscribing->events->parts.accounts, watcher);
}

/* An account may have come after the service of its name, and one that was not in memory was not seen when that was
 * judged: who is asked for gets the SUBSCRIBE, whatever lists somebody has made. */
static void look_for_account(struct list_wait *wait)
{
	struct accounts *accounts = wait->subscribing->events->parts.accounts;
	account_hold(accounts, wait->subscribing->request->sender);
	accounts_load(accounts, wait->user, on_account, wait);
}

bool subscribing_find_list(struct subscribing *subscribing, subscribing_go_on_fn *go_on)
{
	struct request *request = subscribing->request;
	struct slice user = SLICE("");
	int result = domain_user(subscribing->events->parts.domain, &request->arena,
				 sip_message_request_uri(&request->message), &user);
	enum list_kind kind = kind_of(subscribing, result == 0 ? user : SLICE(""));
	bool is_required = sip_message_lists(&request->message, SIP_HEADER_REQUIRE, SLICE("recipient-list-subscribe"));
	if (kind == LIST_SERVICE && accounts_find(subscribing->events->parts.accounts, user))
		kind = LIST_NONE;
	if (kind == LIST_NONE && !is_required)
		return false;
	if (kind != LIST_CARRIED && is_required) {
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
				   "Require says that there is a list in the body, but there is none");
		return true;
	}
	struct list_wait *wait = arena_allocate(&request->arena, sizeof *wait);
	if (!wait) {
		subscribing_refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), error_text(ERR_NO_MEMORY));
		return true;
	}
	*wait = (struct list_wait){subscribing, go_on, kind, user};
	if (kind == LIST_SERVICE)
		look_for_account(wait);
	else
		take_list(wait);
	return true;
}

bool subscribing_replace_list(struct subscribing *subscribing)
{
	struct resource *resource = subscription_resource(subscribing->subscription);
	if (!subscribing->content.has_list)
		return true;
	if (!resource->is_list || list_name_kind(resource_name(resource)) != LIST_CARRIED) {
		subscribing_refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
				   "A list can only take the place of one that was sent in the same dialog");
		return false;
	}
	return read_carried(subscribing);
}
