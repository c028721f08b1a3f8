/* Subscriptions that outlive the server: whoever runs this takes its memory and kills it in between.
 *
 * Each line below is printed when it has come so far; then it waits for a line on standard input, and goes on answering
 * meanwhile. The input's end ends it.
 *
 *   registered     all users are; who is to be on a list has published, too
 *   subscribed     all subscriptions are there; of lists that is all
 *   published      all who are watched have published
 *   ready_ms=… first_ms=… all_ms=… notified=… repeated=… failed=…
 *                  counted from the line that was read: the server answered at all; a new publication has reached
 *                  everyone who watches the first user; of each user the same. Printed again after each further line.
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "operations.h"

#include <stdbool.h>

/* False: something was not answered as it should be. */
bool lasting_run(struct operations *operations, const struct operations_options *options, enum proof proof);
