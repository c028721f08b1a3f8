/* Moments as documents write them: "2026-03-01T08:00:00+01:00" (RFC 3339, xsd:dateTime). SPDX-License-Identifier: MIT
 */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdint.h>

/* Seconds since 1970; fractions are dropped, and where no offset is given it is UTC. ERR_SYNTAX. */
MUST_CHECK int moment_read(struct slice text, int64_t *unix_s);
