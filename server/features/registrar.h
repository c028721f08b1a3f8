/* REGISTER (RFC 3261 §10, with Path RFC 3327, outbound RFC 5626, GRUU RFC 5627): what a 200 says is committed.
 *
 * The REGISTERs of one account are taken one after the other, each decided on what the one before it left.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "features/gruu.h"
#include "features/location.h"
#include "transaction/request.h"

struct registrar;

struct registrar_options {
	uint32_t expires_least_s, expires_default_s, expires_most_s;
	unsigned contacts_most; /* bindings per account */
	unsigned devices_most;  /* devices per account that are remembered */
	unsigned flow_timer_s;  /* how often an outbound client should send keep-alives (RFC 5626 §5.4); 0: not said */
};

struct registrar_counters {
	uint64_t written, extended, removed, refused;
};

/* NULL where memory is exhausted. */
struct registrar *registrar_create(struct timers *timers, struct accounts *accounts, struct location *location,
				   struct gruus *gruus, struct storage *storage, struct log *log,
				   const struct registrar_options *options);
void registrar_destroy(struct registrar *registrar);
void registrar_set_options(struct registrar *registrar, const struct registrar_options *options);

/* For the table of methods; the sender is authenticated and owns the To. */
unsigned registrar_handle(void *arg, struct request *request);

const struct registrar_counters *registrar_counters(const struct registrar *registrar);
