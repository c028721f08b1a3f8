/* A storage, its loop and its database, for tests. SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t storage_world_sql(const struct postgres *postgres, const char *sql)
{
	PGconn *connection = PQconnectdb(postgres->connection);
	PGresult *result = PQexec(connection, sql);
	int64_t number = -1;
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0)
		number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	else if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fprintf(stderr, "%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
	return number;
}

int64_t storage_world_add_account(const struct postgres *postgres, const char *user)
{
	char sql[256];
	snprintf(sql, sizeof(sql),
		 "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
		 " VALUES ('%s', 'example.test', decode(md5('%s'), 'hex'), sha256('%s')) RETURNING id",
		 user, user, user);
	return storage_world_sql(postgres, sql);
}

bool storage_world_migrate(const struct postgres *postgres)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	struct administration *administration = administration_open(postgres->connection, error);
	int applied = 0;
	bool good = administration && administration_migrate(administration, &applied) == 0;
	if (!good)
		fprintf(stderr, "%s\n", administration ? administration_error(administration) : error);
	administration_close(administration);
	return good;
}

struct storage_options storage_world_options(const struct postgres *postgres)
{
	return (struct storage_options){.connection = postgres->connection,
					.node = 7,
					.wait_s = 20,
					.batch_changes = 512,
					.queue_changes = 20000,
					.reconnect_ms = 20,
					.reconnect_most_ms = 200};
}

static void on_tick(uv_timer_t *tick)
{
	struct storage_world *world = tick->data;
	timers_run(world->timers, (int64_t)uv_now(&world->loop));
}

static void on_available(void *arg, bool available)
{
	struct storage_world *world = arg;
	world->available = available;
	if (available)
		world->became_available++;
	else
		world->became_away++;
}

static void on_account_changed(void *arg, struct slice user, struct slice domain)
{
	struct storage_world *world = arg;
	world->accounts_changed++;
	snprintf(world->changed_user, sizeof(world->changed_user), "%.*s", SLICE_ARGS(user));
	snprintf(world->changed_domain, sizeof(world->changed_domain), "%.*s", SLICE_ARGS(domain));
}

static void on_closed(void *arg)
{
	((struct storage_world *)arg)->closed = true;
}

void storage_world_open(struct storage_world *world, const struct postgres *postgres,
			const struct storage_options *options)
{
	storage_world_sql(
		postgres,
		"TRUNCATE settings, accounts, devices, bindings, messages, debts, conversations, subscriptions,"
		" publications, mailboxes, mailbox_users, tokens, documents, watch_requests,"
		" phone_lists, sessions");
	storage_world_start(world, postgres, options);
}

void storage_world_start(struct storage_world *world, const struct postgres *postgres,
			 const struct storage_options *options)
{
	struct storage_options usual = storage_world_options(postgres);
	struct storage_events events = {
		.on_available = on_available, .on_account_changed = on_account_changed, .arg = world};
	*world = (struct storage_world){.postgres = postgres};
	uv_loop_init(&world->loop);
	world->timers = timers_create((int64_t)uv_now(&world->loop));
	uv_timer_init(&world->loop, &world->tick);
	world->tick.data = world;
	uv_timer_start(&world->tick, on_tick, 1, 2);
	world->storage = storage_create(&world->loop, world->timers, NULL, options ? options : &usual, &events);
}

void storage_world_turn(struct storage_world *world)
{
	uv_run(&world->loop, UV_RUN_ONCE);
}

void storage_world_close(struct storage_world *world)
{
	storage_close(world->storage, on_closed, world);
	while (!world->closed)
		storage_world_turn(world);
	storage_destroy(world->storage);
	uv_close((uv_handle_t *)&world->tick, NULL);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	uv_loop_close(&world->loop);
	timers_destroy(world->timers);
}

void outcome_done(void *arg, int result)
{
	struct outcome *outcome = arg;
	outcome->result = result;
	outcome->calls++;
}
