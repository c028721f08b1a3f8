/* The database of the server: started where it is private, waited for where it is away, brought up to the schema,
 * filled with the accounts that were asked for, revived when it dies. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/database_access.h"
#include "program/node.h"

#include <stdio.h>

#define WAIT_MS 2000
#define REVIVE_FIRST_MS 200
#define REVIVE_MS 1000

const char *database_connection(const struct node *node)
{
	return node->postgres ? private_postgres_connection(node->postgres) : node->configuration.database;
}

static int start_private(struct node *node)
{
	char error[PRIVATE_POSTGRES_ERROR_SIZE];
	node->postgres = private_postgres_create(node->state, error);
	if (!node->postgres) {
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", error);
		return ERR_STORAGE_AWAY;
	}
	log_event(node->log, LOG_INFO, "database_starting", NULL,
		  "no database is configured: a private PostgreSQL runs in %s/postgres", node->state);
	if (private_postgres_elsewhere(node->postgres))
		log_event(node->log, LOG_WARNING, "database_elsewhere", NULL,
			  "its account cannot enter the state folder: its data is in %s",
			  private_postgres_elsewhere(node->postgres));
	int result = private_postgres_start(node->postgres, error);
	if (result < 0)
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", error);
	return result;
}

/* Waits until it lets us in. ERR_CLOSED: we are asked to end. */
static int open_patiently(struct node *node, struct administration **administration)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	for (;;) {
		*administration = administration_open(database_connection(node), error);
		if (*administration)
			return 0;
		log_event(node->log, LOG_ERROR, "database_away", NULL, "%s; trying again every %d s", error,
			  WAIT_MS / 1000);
		if (signals_ask_to_end(node, WAIT_MS))
			return ERR_CLOSED;
	}
}

static int migrate(struct node *node, struct administration *administration)
{
	int applied = 0;
	int result = administration_migrate(administration, &applied);
	if (result == 0 && applied > 0)
		log_event(node->log, LOG_INFO, "database_migrated", NULL, "the schema is at %d",
			  administration_schema_wanted());
	if (result < 0)
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", administration_error(administration));
	return result;
}

static int apply_accounts(struct node *node, struct administration *administration)
{
	char error[CREDENTIALS_ERROR_SIZE];
	int result = 0;
	if (node->line->accounts) {
		struct credentials accounts;
		result = credentials_read(node->line->accounts, &accounts, error);
		if (result == 0) {
			result = credentials_apply(&accounts, node->domain_name, administration, error);
			credentials_finish(&accounts);
		}
	}
	if (result == 0 && node->line->demo)
		result = credentials_demo(node->state, &node->demo, error);
	if (result == 0)
		result = credentials_apply(&node->demo, node->domain_name, administration, error);
	if (result < 0)
		log_event(node->log, LOG_ERROR, "accounts_failed", NULL, "%s", error);
	return result;
}

/* For the commands that are given no configuration beside the state folder. */
static int tell_domain(struct node *node, struct administration *administration)
{
	int result = administration_put_setting(administration, SETTING_DOMAIN, node->domain_name);
	if (result < 0)
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", administration_error(administration));
	return result;
}

int database_prepare(struct node *node)
{
	struct administration *administration = NULL;
	int result = node->configuration.database[0] ? 0 : start_private(node);
	/* a connection that breaks in between is made again; what the database refuses ends the start */
	while (result == 0) {
		result = open_patiently(node, &administration);
		if (result < 0)
			return result;
		result = migrate(node, administration);
		if (result == 0)
			result = tell_domain(node, administration);
		if (result == 0)
			result = apply_accounts(node, administration);
		administration_close(administration);
		if (result != ERR_STORAGE_AWAY)
			break;
		result = signals_ask_to_end(node, WAIT_MS) ? ERR_CLOSED : 0;
	}
	return result;
}

/* --- revival --- */

static void on_revival_due(struct timer *timer);

static void revive(uv_work_t *work)
{
	struct node *node = work->data;
	node->revival_result = private_postgres_start(node->postgres, node->revival_error);
}

static void on_revived(uv_work_t *work, int status)
{
	struct node *node = work->data;
	(void)status;
	node->is_reviving = false;
	if (node->phase == NODE_CLOSING)
		return;
	if (node->revival_result == 0)
		log_event(node->log, LOG_INFO, "database_started", NULL, "the private PostgreSQL runs");
	else
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", node->revival_error);
	/* It may have ended again before a connection was there whose loss would be told. */
	if (!storage_is_available(node->storage))
		timer_start(node->timers, &node->revival_timer, REVIVE_MS, on_revival_due);
}

static void on_revival_due(struct timer *timer)
{
	struct node *node = CONTAINER_OF(timer, struct node, revival_timer);
	if (node->is_reviving || node->phase == NODE_CLOSING || storage_is_available(node->storage))
		return;
	node->revival.data = node;
	node->is_reviving = uv_queue_work(&node->loop, &node->revival, revive, on_revived) == 0;
}

void database_revive(struct node *node)
{
	if (node->postgres && !node->is_reviving && !timer_is_running(&node->revival_timer))
		timer_start(node->timers, &node->revival_timer, REVIVE_FIRST_MS, on_revival_due);
}

void database_stop(struct node *node)
{
	char error[PRIVATE_POSTGRES_ERROR_SIZE];
	if (node->postgres && private_postgres_stop(node->postgres, error) < 0)
		log_event(node->log, LOG_ERROR, "database_failed", NULL, "%s", error);
	private_postgres_destroy(node->postgres);
	node->postgres = NULL;
	credentials_finish(&node->demo);
}
