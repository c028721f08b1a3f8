/* The node: everything that lives as long as the process; there are no globals.
 *
 *   starting:  lock ─ database ─ accounts ─ build (node.c) ─ keys ─ features ─ load ─ listen (listen.c) ─ ready
 *   ending:    requests answered ─ storage closed ─ transport closed ─ loop ends ─ node_finish
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "api/api.h"
#include "base/log.h"
#include "base/timer.h"
#include "core/accounts.h"
#include "core/authentication.h"
#include "core/dispatch.h"
#include "core/domain.h"
#include "core/http_caller.h"
#include "core/server_options.h"
#include "core/sessions.h"
#include "core/trust.h"
#include "features/gruu.h"
#include "features/location.h"
#include "features/messaging.h"
#include "features/outbox.h"
#include "features/recognition.h"
#include "features/registrar.h"
#include "features/retention.h"
#include "presence/conversations.h"
#include "presence/document_store.h"
#include "presence/events.h"
#include "presence/lamps.h"
#include "presence/mailboxes.h"
#include "presence/manipulations.h"
#include "presence/packages.h"
#include "presence/profile.h"
#include "presence/voicemail.h"
#include "presence/xcap_diffs.h"
#include "program/addresses.h"
#include "program/command_line.h"
#include "program/configuration.h"
#include "program/control.h"
#include "program/credentials.h"
#include "program/loop.h"
#include "program/private_postgres.h"
#include "storage/storage.h"
#include "transaction/transactions.h"
#include "transport/transport.h"
#include "xcap/xcap.h"

#include <stdbool.h>
#include <uv.h>

enum node_phase {
	NODE_STARTING, /* → SERVING, CLOSING */
	NODE_SERVING,  /* → DRAINING */
	NODE_DRAINING, /* no new requests; those that wait get their answers → CLOSING */
	NODE_CLOSING   /* storage, then transport, then the rest; the loop ends */
};

/* What one socket of ours is bound to, for the ready line and the welcome. */
struct listener {
	enum transport_kind kind;
	struct address bound;
};

#define NODE_LISTENERS_MOST (ADDRESSES_MOST * 5)

struct node {
	enum node_phase phase;
	int exit_status;

	/* what is wanted */
	const struct command_line *line;
	struct configuration configuration;
	char state[PATH_MAX];
	char domain_text[ADDRESSES_DOMAIN_SIZE];
	struct slice domain_name;

	/* the process */
	int lock, signals; /* descriptors */
	uv_loop_t loop;
	uv_poll_t signal_poll;
	struct loop_driver driver;
	struct log *log;
	struct timers *timers;
	struct control *control;
	struct timer drain, certificate;
	int64_t drained_by_ms;
	bool has_driver, has_signal_poll;
	unsigned startup_step;
	struct timer startup_timer;
	int64_t started_at_ms;

	/* the database */
	struct private_postgres *postgres; /* NULL: configured */
	struct credentials demo;
	uv_work_t revival; /* starts the private PostgreSQL again, in the thread pool */
	struct timer revival_timer;
	bool is_reviving;
	int revival_result;
	char revival_error[PRIVATE_POSTGRES_ERROR_SIZE];
	uint8_t nonce_key[NONCE_KEY_SIZE], gruu_key[GRUU_KEY_SIZE];

	/* the layers, from below */
	struct transport *transport;
	struct storage *storage;
	struct transactions *transactions;
	struct domain *domain;
	struct accounts *accounts;
	struct sessions *sessions;
	struct authentication *authentication;
	struct trust *trust;
	struct dispatch *dispatch;
	struct location *location;
	struct gruus *gruus;
	struct registrar *registrar;
	struct outboxes *outboxes;
	struct recognition *recognition;
	struct messaging *messaging;
	struct retention *retention;
	struct profiles *profiles;
	struct document_store *documents;
	struct xcap *xcap;
	struct xcap_diffs *xcap_diffs;
	struct manipulations *manipulations;
	struct timer phone_lists;    /* when their table is read again */
	struct gathering *gathering; /* it is being read; NULL: it is not */
	struct events *events;
	struct people *people;
	struct mailboxes *mailboxes;
	struct lamps *lamps;
	struct conversations *conversations;
	struct voicemail *voicemail;
	struct http_callers *http_callers;
	struct api *api;
	struct server_options server_options;
	struct buffer allowed; /* what they say */

	uint16_t sip_port; /* chosen */
	struct listener listeners[NODE_LISTENERS_MOST];
	size_t listener_count;
};

/* --- node.c: building and taking apart --- */

/* Loop, timers, transport, storage, accounts: what needs no key. ERR_NO_MEMORY and libuv's codes. */
MUST_CHECK int node_build(struct node *node);
/* Authentication, transactions and the features, once the keys are known. */
MUST_CHECK int node_build_features(struct node *node);
/* After the loop has ended. Accepts what was only half built. */
void node_finish(struct node *node);

/* --- node_events.c: the event side --- */

MUST_CHECK int node_build_events(struct node *node);
void node_finish_events(struct node *node);
/* SIGHUP */
void node_reload_events(struct node *node);

/* --- startup.c: from the first answer of the database to ready --- */

/* The database is there (again): goes on with what is not done yet, until the node serves. */
void startup_go_on(struct node *node);
/* Something is wrong that waiting does not mend: logs it and ends the node with EXIT_FAILED. */
void node_fail(struct node *node, const char *what, const char *sentence);

/* --- listen.c --- */

/* UDP first (bindings are loaded onto its sockets), the others when everything is there to serve them. */
MUST_CHECK int listen_udp(struct node *node, char error[CONTROL_ERROR_SIZE]);
MUST_CHECK int listen_connections(struct node *node, char error[CONTROL_ERROR_SIZE]);
/* The certificate, given or self-signed, for TLS and WSS; again at SIGHUP. */
MUST_CHECK int listen_set_certificate(struct node *node, char error[CONTROL_ERROR_SIZE]);
/* Looks once a day whether the self-signed certificate is about to end. */
void listen_watch_certificate(struct node *node);
void listen_print_ready(const struct node *node);
void listen_print_welcome(const struct node *node);

/* --- node_options.c: the configuration in the words of each layer --- */

struct transport_options node_transport_options(const struct configuration *configuration);
struct transactions_options node_transactions_options(const struct configuration *configuration);
struct storage_options node_storage_options(const struct configuration *configuration, const char *connection);
struct authentication_options node_authentication_options(const struct configuration *configuration);
struct sessions_options node_sessions_options(const struct configuration *configuration);
struct registrar_options node_registrar_options(const struct configuration *configuration);
struct outbox_options node_outbox_options(const struct configuration *configuration);
struct api_options node_api_options(const struct configuration *configuration);
struct messaging_options node_messaging_options(const struct configuration *configuration);
struct retention_options node_retention_options(const struct configuration *configuration);
void node_set_log(const struct configuration *configuration, struct log *log);
/* SIGHUP: reads the configuration again and applies what can be applied; what cannot is named in the log. */
void node_reload(struct node *node);

/* --- database.c: a database to work with, before the loop and while it runs --- */

/* Starts the private PostgreSQL, brings the schema up, applies accounts; waits for a database that is away. Blocks.
 * ERR_CLOSED: a signal asked us to end. Others are logged. */
MUST_CHECK int database_prepare(struct node *node);
const char *database_connection(const struct node *node);
/* The database is away: where it is ours, it is started again. */
void database_revive(struct node *node);
/* After everything that uses it is closed. */
void database_stop(struct node *node);

/* --- signals.c --- */

/* SIGTERM, SIGINT and SIGHUP come through node->signals from now on. */
MUST_CHECK int signals_begin(struct node *node);
/* Waits so long for a signal; true where one asks us to end. For use before the loop runs. */
bool signals_ask_to_end(struct node *node, int wait_ms);
/* Goes on in the loop. */
MUST_CHECK int signals_watch(struct node *node);

/* --- shutdown.c --- */

/* Drains, then closes: may be called again to hurry. */
void shutdown_begin(struct node *node);

/* --- control_commands.c --- */

MUST_CHECK int control_commands_open(struct node *node, char error[CONTROL_ERROR_SIZE]);
