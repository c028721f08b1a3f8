/* The texts of a row, as members of the struct that stands for it: the list of them is written once for counting,
 * copying, writing and reading. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"
#include "storage/postgres/parameters.h"

#include <libpq-fe.h>
#include <stddef.h>

/* The offsets of members of the type struct slice, in the order of their columns. */
struct texts {
	const size_t *offsets;
	unsigned count;
};

size_t texts_bytes(const struct texts *texts, const void *row);
/* Copies the texts of `row` to `*next`, which moves behind them, and points the row's members there. */
void texts_copy_to(const struct texts *texts, char **next, void *row);
/* One array parameter each, and one element of each from the `first` of them on. */
void texts_arrays(const struct texts *texts, struct parameters *parameters);
void texts_write(const struct texts *texts, struct parameters *parameters, unsigned first, const void *row);
/* From the columns `first` and those behind it; good as long as the result is. */
void texts_read(const struct texts *texts, const PGresult *rows, int row_number, int first, void *row);
