/* The schema's numbered steps, as text inside the program (generated from storage/schema/NNNN_name.sql).
 * SPDX-License-Identifier: MIT */
#pragma once

struct schema_step {
	int number;
	const char *name;
	const char *sql;
};

extern const struct schema_step schema_steps[];
extern const unsigned schema_step_count;
