/* Root working in a state folder that is another account's, as that of the systemd unit is: the process becomes the
 * owner, so that whatever it makes or starts there is the owner's, too. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stddef.h>

/* Where we are root and `state` exists and is not root's, takes its owner's identity for good; else does nothing.
 *
 * A folder above it may be closed to its owner (/var/lib/private is, outside of the unit): then the right to pass
 * through folders is kept, for us and for the programs that we start. ERR_CONFIGURATION with the sentence in `error`.
 */
MUST_CHECK int state_owner_become(const char *state, char *error, size_t error_size);
/* Gives that right back: it would let whoever breaks into a server read every file of the machine. */
void state_owner_forgo_passage(void);
