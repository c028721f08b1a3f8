/* What registrar.c and registration.c share: one REGISTER, from its reading to its answer.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "features/contact.h"
#include "features/registrar.h"

struct registrar {
	struct timers *timers;
	struct accounts *accounts;
	struct location *location;
	struct gruus *gruus;
	struct storage *storage;
	struct log *log;
	struct registrar_options options;
	struct registrar_counters counters;
};

/* One Contact, and what becomes of its binding. */
struct contact_change {
	struct contact contact;
	struct slice key;
	bool removes;
	bool extends; /* nothing but expiries moves in all of the REGISTER, and within the leases of the rows */
};

/* One REGISTER from its reading to its answer; lives in the request's arena. */
struct registration {
	struct registration *next; /* of the same account, behind this one */
	struct registrar *registrar;
	struct request *request;
	struct account *account;
	struct contact_change *changes;
	size_t count;
	bool removes_all;
	bool outbound; /* the client can do RFC 5626, and asks for it */
	struct slice path;
	uint32_t cseq;
};

/* Reads Path and Contacts. False: the request has been refused. */
MUST_CHECK bool registration_read(struct registration *registration);
/* When it is its turn: which binding each Contact is about, and what becomes of it. False: the request has been
 * refused.
 */
MUST_CHECK bool registration_decide(struct registration *registration);
