/* One process at a time works in a state folder: the server for as long as it runs, a command that starts the private
 * PostgreSQL for as long as it needs it. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

/* Waits at most `wait_ms` for whoever has it. Returns a descriptor whose closing gives it back (as does the end of the
 * process, whatever ended it), ERR_BUSY, or a negative errno. */
MUST_CHECK int state_lock(const char *state, long wait_ms);
