/* From a database that answers to a server that serves, step by step, each by callback. A step that fails because the
 * database went away is taken again when it is back. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "program/commands.h"
#include "program/demo_lists.h"
#include "program/node.h"
#include "program/node_documents.h"

#include <stdio.h>

#define RETRY_MS 500

/* node->startup_step */
enum {
	STEP_NONCE_KEY,
	STEP_GRUU_KEY,
	STEP_FEATURES,
	STEP_BINDINGS,
	STEP_RECENT,
	STEP_MAILBOXES,
	STEP_DOCUMENTS,
	STEP_PHONE_LISTS,
	STEP_EVENTS,
	STEP_SESSIONS,
	STEP_LISTEN,
	STEP_DONE
};

void node_fail(struct node *node, const char *what, const char *sentence)
{
	log_event(node->log, LOG_ERROR, what, NULL, "%s", sentence);
	node->exit_status = EXIT_FAILED;
	shutdown_begin(node);
}

static void on_retry(struct timer *timer)
{
	startup_go_on(CONTAINER_OF(timer, struct node, startup_timer));
}

/* The step is done, or is to be done again. */
static void step_ended(struct node *node, int result)
{
	if (node->phase != NODE_STARTING)
		return;
	if (result == 0) {
		node->startup_step++;
		startup_go_on(node);
	} else if (result == ERR_STORAGE_AWAY || result == ERR_BUSY) {
		timer_start(node->timers, &node->startup_timer, RETRY_MS, on_retry);
	} else {
		node_fail(node, "start_failed", error_text(result));
	}
}

static int keep_key(struct slice value, uint8_t *key, size_t size)
{
	if (value.length != size)
		return ERR_STORAGE_REFUSED;
	memcpy(key, value.at, size);
	return 0;
}

static void on_nonce_key(void *arg, int result, struct slice value)
{
	struct node *node = arg;
	step_ended(node, result < 0 ? result : keep_key(value, node->nonce_key, sizeof(node->nonce_key)));
}

static void on_gruu_key(void *arg, int result, struct slice value)
{
	struct node *node = arg;
	step_ended(node, result < 0 ? result : keep_key(value, node->gruu_key, sizeof(node->gruu_key)));
}

/* A key that all nodes share and that outlives them: made by the first. */
static void load_key(struct node *node, const char *name, size_t size, storage_setting_fn *done)
{
	char initial[64];
	random_bytes(initial, size);
	storage_setting(node->storage, name, slice_of(initial, size), done, node);
}

static void on_loaded(void *arg, int result)
{
	step_ended(arg, result);
}

static void serve(struct node *node)
{
	char error[CONTROL_ERROR_SIZE];
	if (listen_set_certificate(node, error) < 0) {
		node_fail(node, "certificate_failed", error);
		return;
	}
	if (listen_connections(node, error) < 0) {
		node_fail(node, "cannot_listen", error);
		return;
	}
	node->startup_step = STEP_DONE;
	node->phase = NODE_SERVING;
	outboxes_resume(node->outboxes);
	events_resume(node->events);
	lamps_resume(node->lamps);
	voicemail_resume(node->voicemail);
	demo_lists_make(node);
	listen_watch_certificate(node);
	listen_print_welcome(node);
	listen_print_ready(node);
	log_event(node->log, LOG_INFO, "ready", NULL, "serving %.*s with %u registrations",
		  SLICE_ARGS(node->domain_name), location_counters(node->location)->bindings);
}

void startup_go_on(struct node *node)
{
	if (node->phase != NODE_STARTING || timer_is_running(&node->startup_timer))
		return;
	switch (node->startup_step) {
	case STEP_NONCE_KEY:
		load_key(node, "nonce_key", sizeof(node->nonce_key), on_nonce_key);
		break;
	case STEP_GRUU_KEY:
		load_key(node, "gruu_key", sizeof(node->gruu_key), on_gruu_key);
		break;
	case STEP_FEATURES:
		step_ended(node, node_build_features(node));
		break;
	case STEP_BINDINGS:
		location_load(node->location, on_loaded, node);
		break;
	case STEP_RECENT:
		recognition_load(node->recognition, on_loaded, node);
		break;
	case STEP_MAILBOXES:
		mailboxes_load(node->mailboxes, on_loaded, node);
		break;
	case STEP_DOCUMENTS:
		document_store_load(node->documents, on_loaded, node);
		break;
	case STEP_PHONE_LISTS:
		node_load_phone_lists(node, on_loaded, node);
		break;
	case STEP_EVENTS:
		events_load(node->events, on_loaded, node);
		break;
	case STEP_SESSIONS: /* by now all accounts are in memory that somebody is registered or subscribed for */
		sessions_load(node->sessions, on_loaded, node);
		break;
	case STEP_LISTEN:
		serve(node);
		break;
	default:
		break;
	}
}
