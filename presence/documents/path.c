/* XCAP paths. SPDX-License-Identifier: MIT */
#include "documents/path.h"
