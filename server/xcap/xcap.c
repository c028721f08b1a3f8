/* XCAP requests (RFC 4825 §8). SPDX-License-Identifier: MIT */
#include "xcap/xcap.h"
