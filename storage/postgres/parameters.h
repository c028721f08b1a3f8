/* The parameters of one statement in PostgreSQL's binary format: numbers, bytes, and arrays of them.
 *
 * One object serves statement after statement and keeps its memory; libpq copies what is sent.
 * Failure is sticky as in struct buffer; parameters_seal() tells of it once, before sending.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define PARAMETERS_MOST 31

enum parameter_type { PARAMETER_NUMBERS, PARAMETER_BYTES, PARAMETER_TEXTS, PARAMETER_UUIDS };

struct parameters {
	struct buffer buffers[PARAMETERS_MOST];
	uint32_t elements[PARAMETERS_MOST]; /* of an array */
	bool is_array[PARAMETERS_MOST];
	/* What libpq wants; filled by parameters_seal. */
	const char *values[PARAMETERS_MOST];
	int lengths[PARAMETERS_MOST], formats[PARAMETERS_MOST];
	unsigned count;
};

/* `bytes_most` bounds each parameter. */
void parameters_init(struct parameters *parameters, size_t bytes_most);
void parameters_finish(struct parameters *parameters);
/* Forgets the last statement's parameters, keeps the memory. */
void parameters_clear(struct parameters *parameters);

/* Single values: bigint and bytea (or text), in order. */
void parameters_number(struct parameters *parameters, int64_t number);
void parameters_bytes(struct parameters *parameters, struct slice bytes);

/* The next parameter is an array; its index. */
unsigned parameters_array(struct parameters *parameters, enum parameter_type type);
void parameters_array_number(struct parameters *parameters, unsigned index, int64_t number);
void parameters_array_bytes(struct parameters *parameters, unsigned index, struct slice bytes);

/* Fills values, lengths and formats. False where memory or the limit was exhausted. */
MUST_CHECK bool parameters_seal(struct parameters *parameters);
