/* Names that XML itself gives. SPDX-License-Identifier: MIT */
#pragma once

/* Of the prefix "xml", which is never declared. */
#define XML_SPACE "http://www.w3.org/XML/1998/namespace"
