/* What a node remembers of an account: credentials, devices and bindings, as one small tree.
 *
 *   account ── device (one +sip.instance) ── binding (a contact, and the flow that reaches it)
 *
 * PostgreSQL is the truth; this is a cache of what our clients need. Accounts come and go by core/accounts,
 * bindings by features/location; a device stays as long as its account does, unless it is forgotten before
 * (features/device_limit). SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/slice.h"
#include "base/table.h"
#include "base/timer.h"
#include "transport/flow.h"

#include <stdbool.h>
#include <stdint.h>

struct outbox;
struct registration;
struct session;
struct subscription;
struct location;

/* The texts of a binding stand behind it in one allocation. */
enum binding_text {
	BINDING_KEY,        /* what makes it the same binding (RFC 3261 §10.3, RFC 5626 §6) */
	BINDING_CONTACT,    /* the URI */
	BINDING_PARAMETERS, /* of the Contact header, without expires and q */
	BINDING_INSTANCE,
	BINDING_PATH,
	BINDING_CALL_ID,
	BINDING_USER_AGENT,
	BINDING_TEXT_COUNT
};

struct binding {
	struct binding *next; /* of the same device, newest registration first */
	struct location *location;
	struct device *device;
	struct table_link connection_link; /* location's table by connection; UDP: not linked */
	struct timer expiry;
	struct flow flow;
	int64_t expires_at_ms;    /* monotonic: what the device was told */
	int64_t stored_until_s;   /* the row in the database is good until then (a lease, see location.h) */
	int64_t registered_at_ms; /* since 1970 */
	int64_t session_id;       /* that has registered it, and ends it; 0: the password */
	int64_t lost_at_ms;       /* monotonic: since when it is not reachable; after a start: since the start */
	uint32_t cseq;
	uint32_t reg_id; /* 0: none */
	uint32_t granted_s;
	uint16_t q;                 /* thousandths */
	bool reachable;             /* its flow is open */
	bool is_linked;             /* connection_link is in the table */
	bool is_keyed_by_contact;   /* BINDING_KEY is BINDING_CONTACT, and is not kept twice */
	bool takes_plain_text_only; /* it has refused message/cpim (features/plain_text) */
	uint16_t lengths[BINDING_TEXT_COUNT];
	char text[];
};

struct device {
	struct device *next;
	struct account *account;
	struct binding *bindings;
	struct outbox *outbox;     /* while something is being delivered from the store */
	struct list_link branches; /* messages on their way to it (features/messaging) */
	int64_t id;                /* storage_device_id(instance) */
	int64_t last_seen_s;       /* its last REGISTER, since 1970; from storage exact to a day */
	int64_t row_written_at_s;  /* when a REGISTER last wrote its row, 0: not known */
	uint32_t owed;             /* stored messages that it has not taken; may be too high */
	uint32_t settling;         /* those of them that it has answered: the commit is under way */
	bool is_counted;           /* else there may be more than `owed`: what it inherited, or had before the start */
	unsigned holders;          /* deliveries, outboxes, settlements: device_hold */
	bool is_forgotten;         /* not of the account any more: freed when nobody holds it */
};

struct account {
	struct table_link link; /* by user */
	struct list_link idle;  /* in the list of those that may be forgotten */
	struct device *devices;
	struct registration *registrations; /* REGISTERs being committed, in order of arrival */
	struct subscription *subscriptions; /* as watcher; presence/subscription's */
	struct session *sessions;           /* core/sessions */
	uint64_t sessions_stamp;            /* as sessions_stamp; 0: they have not been looked up with the account */
	int64_t id;
	unsigned holders;          /* requests and deliveries that keep it in memory */
	uint32_t mailbox_messages; /* owed to anybody; may be too high, is counted afresh before it refuses */
	uint32_t untaken;          /* messages that no device has taken, when they were last counted */
	bool knows_devices;        /* all of them are here, with what is owed; else only those with bindings */
	bool is_removed;           /* deleted by the administrator: freed when nobody holds it */
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
	uint16_t user_length;
	char user[];
};

static inline struct slice account_user(const struct account *account)
{
	return slice_of(account->user, account->user_length);
}

static inline struct slice binding_text(const struct binding *binding, enum binding_text which)
{
	if (which == BINDING_KEY && binding->is_keyed_by_contact)
		which = BINDING_CONTACT;
	const char *at = binding->text;
	for (int i = 0; i < (int)which; i++)
		at += binding->lengths[i];
	return slice_of(at, binding->lengths[which]);
}

/* The device with that id, or NULL. */
struct device *account_find_device(const struct account *account, int64_t device_id);
/* The same, made where it is new; NULL where memory is exhausted. */
struct device *account_device(struct account *account, int64_t device_id);
/* The account does not have the device any more, which has no binding. */
void account_forget_device(struct account *account, struct device *device);
/* How many devices, how many bindings the account has. */
unsigned account_count_devices(const struct account *account);
unsigned account_count_bindings(const struct account *account);
