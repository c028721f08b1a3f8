/* Whether the users whom entries of lists name are there. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/resource.h"

/* Looks for the user of that name where it is not known. It is not waited for: an entry of somebody who is not there is
 * told so a moment later. */
void resource_check_user(struct events *events, struct resource *resource);
/* He is there, or not; whoever watches him by a list is told where that is news. */
void resource_set_user(struct resource *resource, enum resource_user user);
