/* asterisk-mwi: Asterisk's own event (res_pjsip_publish_asterisk), which a PBX publishes for each of its mailboxes
 * when something changes in it. Nobody subscribes to it: it sets the counts that message-summary shows.
 *
 * A PBX has more mailboxes than we have accounts; those that are none of ours are taken note of and nothing more.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/asterisk.h"
#include "presence/mailboxes_state.h"
#include "presence/packages/asterisk_target.h"
#include "sip/status.h"

#include <stdlib.h>
#include <string.h>

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct asterisk_mwi mwi;
	(void)arg;
	int result = asterisk_mwi_parse(published->arena, published->body, &mwi, error);
	return result == 0 ? 0 : result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_BAD_REQUEST;
}

struct applying {
	struct mailboxes *mailboxes;
	event_applied_fn *applied;
	void *applied_arg;
	size_t length;
	char mailbox[];
};

static void on_set(void *arg, int result)
{
	struct applying *application = arg;
	struct mailboxes *mailboxes = application->mailboxes;
	struct slice name = slice_of(application->mailbox, application->length);
	if (result == ERR_NOT_FOUND) {
		log_event(mailboxes->parts.log, LOG_INFO, "mailbox_ignored", &(struct log_context){.aor = name},
			  "a PBX spoke of a mailbox that is neither an account nor shared by accounts");
		result = 0;
	}
	application->applied(application->applied_arg, result);
	free(application);
}

static struct message_summary summary_of(const struct asterisk_mwi *mwi)
{
	struct message_summary summary = {.is_waiting = mwi->fresh > 0};
	summary.has[MESSAGE_VOICE] = true;
	summary.counts[MESSAGE_VOICE] =
		(struct message_counts){.fresh = mwi->fresh, .old = mwi->old, .urgent_fresh = mwi->urgent};
	return summary;
}

static void apply(void *arg, const struct published *published, event_applied_fn *applied, void *applied_arg)
{
	struct asterisk_mwi mwi;
	struct body_error error;
	int result = asterisk_mwi_parse(published->arena, published->body, &mwi, &error);
	if (result != 0 || mwi.is_refresh) {
		applied(applied_arg, result);
		return;
	}
	struct applying *application = malloc(sizeof *application + mwi.mailbox.length);
	if (!application) {
		applied(applied_arg, ERR_NO_MEMORY);
		return;
	}
	*application = (struct applying){arg, applied, applied_arg, mwi.mailbox.length};
	if (mwi.mailbox.length > 0)
		memcpy(application->mailbox, mwi.mailbox.at, mwi.mailbox.length);
	struct message_summary summary = summary_of(&mwi);
	mailbox_update(arg, slice_of(application->mailbox, application->length), &summary, on_set, application);
}

static const char *const accepts[] = {"application/json", NULL};

const struct event_package asterisk_mwi_package = {
	.name = "asterisk-mwi",
	.accepts = accepts,
	.is_trusted_only = true,
	.resolve = asterisk_target_resolve,
	.judge = judge,
	.apply = apply,
};
