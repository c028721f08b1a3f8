/* Compiler attributes that the interfaces use. SPDX-License-Identifier: MIT */
#pragma once

/* The caller must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* printf-like: the compiler checks the arguments against the format. */
#define PRINTF_LIKE(text, first) __attribute__((__format__(__printf__, text, first)))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* The struct that holds `member`, from a pointer to the member (for links, timers and changes). */
#define CONTAINER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))
