/* message-summary (RFC 3842): what waits in mailboxes, for lamps.
 *
 *   SUBSCRIBE to                        shows
 *   one's own AOR, the domain alone     one's own lamp: all mailboxes that one uses
 *   the voicemail's number or a code    the same
 *   a mailbox that is shared            that mailbox, to those who use it
 *
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/mailboxes_state.h"
#include "presence/profile.h"
#include "sip/status.h"

#include <string.h>

/* --- what a URI names --------------------------------------------------------------------------------------------- */

static unsigned refuse(const char **sentence, unsigned status, const char *text)
{
	*sentence = text;
	return status;
}

static int name_mailbox(struct arena *arena, struct slice mailbox, struct slice *name)
{
	char *text = arena_allocate(arena, mailbox.length + 1);
	if (!text)
		return ERR_NO_MEMORY;
	text[0] = '@';
	memcpy(text + 1, mailbox.at, mailbox.length);
	*name = slice_of(text, mailbox.length + 1);
	return 0;
}

/* The resource is one mailbox; else the lamp of an account. */
static bool is_mailbox(struct slice name)
{
	return name.length > 0 && name.at[0] == '@';
}

/* The mailbox of a resource; the lamp of an account stands for its own mailbox, where something is set. */
static struct slice mailbox_of(struct slice name)
{
	return is_mailbox(name) ? slice_from(name, 1) : name;
}

static bool is_shared(const struct mailboxes *mailboxes, struct slice name)
{
	const struct mailbox *mailbox = mailbox_find(mailboxes, name);
	return mailbox && !list_is_empty(&mailbox->uses);
}

/* RFC 3842 §3.6 leaves it open which URIs name an account's messages: phones subscribe to their AOR, to the
 * number that their key calls, or to a feature code. */
static unsigned resolve(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
			struct event_target *target, const char **sentence)
{
	const struct mailboxes *mailboxes = arg;
	struct slice user = SLICE("");
	if (uri->has_user) {
		int result = domain_user(mailboxes->parts.domain, arena, uri, &user);
		if (result == ERR_NO_MEMORY)
			return refuse(sentence, SIP_INTERNAL_ERROR, error_text(result));
		if (result != 0)
			return refuse(sentence, SIP_NOT_FOUND, "The address names no mailbox of this server");
	}
	target->needs_account = true;
	bool is_own = !uri->has_user || mailboxes_is_own_number(mailboxes, user) ||
		      (asker && slice_equal(user, account_user(asker)));
	if (is_own && !asker)
		return refuse(sentence, SIP_NOT_FOUND,
			      "The address names the mailbox of its caller, who is no account");
	if (is_own) {
		target->name = account_user(asker);
		return 0;
	}
	target->name = user;
	if (!is_shared(mailboxes, user))
		return 0;
	target->needs_account = false;
	return name_mailbox(arena, user, &target->name) == 0
		       ? 0
		       : refuse(sentence, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
}

/* RFC 3842 §3.7: what waits for somebody is nobody else's business. */
static bool may_watch(void *arg, struct slice name, struct slice watcher)
{
	const struct mailboxes *mailboxes = arg;
	if (is_mailbox(name))
		return mailbox_is_used_by(mailboxes, slice_from(name, 1), watcher);
	return slice_equal(name, watcher);
}

/* --- what it shows ------------------------------------------------------------------------------------------------ */

static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	const struct mailboxes *mailboxes = arg;
	struct message_summary *summary = arena_allocate(arena, sizeof *summary);
	if (!summary)
		return ERR_NO_MEMORY;
	struct slice name = resource_name(resource);
	/* Of what nobody has spoken there are none: phones want counts in every NOTIFY. */
	if (is_mailbox(name))
		(void)mailbox_read(mailboxes, slice_from(name, 1), summary);
	else
		(void)mailboxes_read_lamp(mailboxes, name, summary);
	*state = summary;
	return 0;
}

struct slice mailboxes_message_account(const struct mailboxes *mailboxes, struct slice name, bool to_mailbox,
				       struct arena *arena)
{
	struct slice number = mailboxes->options.number, domain = domain_name(mailboxes->parts.domain);
	struct slice user = to_mailbox || slice_is_empty(number) ? name : number, account = SLICE("");
	struct buffer text;
	buffer_init(&text, 8 + 3 * user.length + domain.length);
	buffer_text(&text, "sip:");
	sip_uri_escape_user(&text, user);
	buffer_byte(&text, '@');
	buffer_append(&text, domain);
	if (buffer_failed(&text) || arena_copy(arena, buffer_slice(&text), &account) != 0)
		account = SLICE("");
	buffer_finish(&text);
	return account;
}

static struct slice message_account(void *arg, const struct resource *resource, const struct account *watcher,
				    const struct profile *profile, struct arena *arena)
{
	struct slice name = resource_name(resource);
	(void)watcher;
	/* The number means the caller's own messages: behind it a mailbox that he shares would not be heard. */
	bool to_mailbox = profile->mwi_to_mailbox || is_mailbox(name);
	return mailboxes_message_account(arg, mailbox_of(name), to_mailbox, arena);
}

/* --- what is published -------------------------------------------------------------------------------------------- */

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct message_summary summary;
	(void)arg;
	return message_summary_parse(published->body, &summary, error) == 0 ? 0 : SIP_BAD_REQUEST;
}

static void apply(void *arg, const struct published *published, event_applied_fn *applied, void *applied_arg)
{
	struct message_summary summary;
	struct body_error error;
	int result = message_summary_parse(published->body, &summary, &error);
	if (result != 0)
		applied(applied_arg, result);
	else
		mailbox_update(arg, mailbox_of(published->name), &summary, applied, applied_arg);
}

static void on_watched(void *arg, struct resource *resource, bool is_watched)
{
	struct mailboxes *mailboxes = arg;
	struct slice name = resource_name(resource);
	if (is_mailbox(name))
		return;
	if (is_watched) /* after a start they may not have been counted yet */
		mailboxes_text_messages_changed(mailboxes, name);
	if (mailboxes->on_watched)
		mailboxes->on_watched(mailboxes->on_watched_arg, name, is_watched);
}

static const struct body_format *const formats[] = {&message_summary_format, NULL};
static const char *const accepts[] = {"application/simple-message-summary", NULL};

const struct event_package message_summary_package = {
	.name = "message-summary",
	.formats = formats,
	.accepts = accepts,
	.resolve = resolve,
	.rules = "message-summary",
	.may_watch = may_watch,
	.may_publish = may_watch, /* who hears the messages may say how many there are */
	.compose = compose,
	.message_account = message_account,
	.judge = judge,
	.apply = apply,
	.on_watched = on_watched,
};
