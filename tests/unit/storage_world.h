/* A storage on a private PostgreSQL, the loop it lives on, and a second way in to see what is really there.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "postgres_fixture.h"
#include "test.h"

#include "storage/administration.h"
#include "storage/storage.h"

#include <uv.h>

struct storage_world {
	const struct postgres *postgres;
	uv_loop_t loop;
	uv_timer_t tick;
	struct timers *timers;
	struct storage *storage;
	bool available;
	unsigned became_available, became_away;
	unsigned accounts_changed; /* on_account_changed */
	char changed_user[64], changed_domain[64];
	bool closed;
};

/* A schema in the server, once for all tests of a program. */
MUST_CHECK bool storage_world_migrate(const struct postgres *postgres);
/* Empties all tables, then starts a storage. `options` may be NULL; its connection is set here. */
void storage_world_open(struct storage_world *world, const struct postgres *postgres,
			const struct storage_options *options);
/* The same with what is in the tables. */
void storage_world_start(struct storage_world *world, const struct postgres *postgres,
			 const struct storage_options *options);
void storage_world_close(struct storage_world *world);
/* The options that tests use unless they give their own. */
struct storage_options storage_world_options(const struct postgres *postgres);

/* One turn of the loop, at most a few milliseconds. */
void storage_world_turn(struct storage_world *world);
/* Turns until `condition` holds; false after a minute. */
#define WAIT_FOR(world, condition)                                                                                     \
	do {                                                                                                           \
		uint64_t wait_until_ = uv_hrtime() + UINT64_C(60000000000);                                            \
		while (!(condition) && uv_hrtime() < wait_until_)                                                      \
			storage_world_turn(world);                                                                     \
		CHECK(condition);                                                                                      \
	} while (0)

/* What the callbacks count and keep. */
struct outcome {
	int result; /* 1: not yet */
	unsigned calls;
};
void outcome_done(void *arg, int result); /* a storage_done_fn with a struct outcome */

/* Runs SQL on a connection of its own; the first value as a number, -1 where there is none or it failed. */
int64_t storage_world_sql(const struct postgres *postgres, const char *sql);
/* An account in the database; its id. */
int64_t storage_world_add_account(const struct postgres *postgres, const char *user);
