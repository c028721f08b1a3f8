/* The words of dialog state documents (RFC 4235 §4.4), for their reader and their writer.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/dialog_info.h"

#define DIALOG_INFO_SPACE "urn:ietf:params:xml:ns:dialog-info"

static const struct slice dialog_phase_names[] = {
	[DIALOG_TERMINATED] = {"terminated", 10},
	[DIALOG_TRYING] = {"trying", 6},
	[DIALOG_PROCEEDING] = {"proceeding", 10},
	[DIALOG_CONFIRMED] = {"confirmed", 9},
	[DIALOG_EARLY] = {"early", 5},
};
