/* Who may see what. SPDX-License-Identifier: MIT */
#include "presence/events_state.h"

/* A resource that is a user's is named as he is; what a mailbox is called says its package. */
static bool is_his_own(struct slice name, const struct account *watcher)
{
	return slice_equal(name, account_user(watcher));
}

/* Who speaks for others (trusted.accounts) does not see more than they would show anybody: a PBX tells, and need not
 * ask. */
bool rules_may_watch(const struct package_row *row, struct slice name, const struct account *watcher)
{
	if (row->package->may_watch && !row->package->may_watch(row->arg, name, watcher))
		return false;
	switch (row->policy) {
	case WATCH_DOMAIN:
		return true; /* who is authenticated is of the domain */
	case WATCH_SELF:
		return is_his_own(name, watcher);
	case WATCH_ASK:
	case WATCH_NOBODY:
		break;
	}
	return false;
}
