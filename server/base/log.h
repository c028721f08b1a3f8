/* The log: one line per event, `key=value` pairs or JSON, on standard error or a file.
 *
 *   time=2026-11-22T10:00:00.123Z level=info what=message_stored aor=bob@example.test
 *   call_id=a84b4c flow=udp:192.0.2.4:5060 text="2 devices owe an answer"
 *
 * Passwords and message texts are never logged. Values are escaped here. Events that outsiders can
 * cause at will carry a rate limit. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_KEY_VALUE, LOG_JSON };

struct log;

/* What the event is about; empty slices are left out of the line. */
struct log_context {
	struct slice aor, call_id, flow, method;
	unsigned status; /* 0: none */
};

/* At most `burst` events, refilled one each `interval_ms`; suppressed ones are counted and told
 * with the next line. Zeroed with the two numbers set is a fresh one. */
struct log_rate {
	unsigned burst;
	int64_t interval_ms;
	int64_t refilled_at_ms;
	unsigned tokens;
	bool started;
	uint64_t suppressed;
};

/* `descriptor` stays the caller's. NULL where memory is exhausted. */
struct log *log_create(int descriptor, enum log_level level, enum log_format format);
void log_destroy(struct log *log);
void log_set(struct log *log, enum log_level level, enum log_format format);
bool log_is_enabled(const struct log *log, enum log_level level);

/* `what` is the event's name (lower case with underscores), `context` may be NULL; the format makes
 * the sentence for a person. A NULL log writes nothing. */
void log_event(struct log *log, enum log_level level, const char *what, const struct log_context *context,
	       const char *format, ...) PRINTF_LIKE(5, 6);
/* The same, if the rate allows it at this moment. */
void log_event_limited(struct log *log, struct log_rate *rate, int64_t now_ms, enum log_level level, const char *what,
		       const struct log_context *context, const char *format, ...) PRINTF_LIKE(7, 8);

/* "error", "warning", "info", "debug"; false where `text` is none of them. */
bool log_level_parse(struct slice text, enum log_level *level);
