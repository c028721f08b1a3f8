/* Log lines: composed on the stack, written with one write(2).
 *
 * Every value has a budget in bytes as written, and the budgets together stay below the line's size, so that a
 * peer's endless Call-ID can neither break a line nor push the sentence out of it. What was cut ends in "...".
 * SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 4096 /* a pipe takes this many bytes in one piece */
#define VALUE_BUDGET 300
#define TEXT_BUDGET 2400
#define TEXT_SIZE 2048
#define CUT_MARK "..."

struct log {
	int descriptor;
	enum log_level level;
	enum log_format format;
};

struct line {
	enum log_format format;
	size_t length;
	char data[LINE_SIZE];
};

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

struct log *log_create(int descriptor, enum log_level level, enum log_format format)
{
	struct log *log = malloc(sizeof(*log));
	if (log)
		*log = (struct log){.descriptor = descriptor, .level = level, .format = format};
	return log;
}

void log_destroy(struct log *log)
{
	free(log);
}

void log_set(struct log *log, enum log_level level, enum log_format format)
{
	log->level = level;
	log->format = format;
}

bool log_is_enabled(const struct log *log, enum log_level level)
{
	return log && level <= log->level;
}

bool log_level_parse(struct slice text, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_SIZE(level_names); i++) {
		if (slice_equal(text, slice_text(level_names[i]))) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

static void put(struct line *line, struct slice text)
{
	size_t room = sizeof(line->data) - 1 - line->length; /* one byte stays for the line feed */
	size_t count = text.length < room ? text.length : room;
	if (count > 0)
		memcpy(line->data + line->length, text.at, count);
	line->length += count;
}

/* The bytes of the UTF-8 character at the start (RFC 3629 §4), or 0 where there is none. C1 controls, which
 * terminals obey, count as none. */
static size_t character_bytes(struct slice text)
{
	const unsigned char *at = (const unsigned char *)text.at;
	size_t count = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf5 ? 4 : 0;
	if (count == 0 || count > text.length)
		return 0;
	for (size_t i = 1; i < count; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	bool c1 = at[0] == 0xc2 && at[1] < 0xa0;
	bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
	bool beyond = (at[0] == 0xed && at[1] > 0x9f) || (at[0] == 0xf4 && at[1] > 0x8f);
	return c1 || overlong || beyond ? 0 : count;
}

/* Writes the next character of `rest`, escaped, to `piece`; takes it off `rest`. */
static struct slice take_escaped(struct slice *rest, enum log_format format, char piece[8])
{
	size_t bytes = character_bytes(*rest);
	unsigned char first = (unsigned char)rest->at[0];
	size_t length;
	if (bytes > 1 || (bytes == 1 && first >= 0x20 && first != 0x7f && first != '"' && first != '\\')) {
		memcpy(piece, rest->at, bytes);
		length = bytes;
	} else if (first == '"' || first == '\\' || first == '\n' || first == '\r' || first == '\t') {
		piece[0] = '\\';
		piece[1] = first == '\n' ? 'n' : first == '\r' ? 'r' : first == '\t' ? 't' : (char)first;
		length = 2;
	} else {
		/* JSON has no bytes, only characters: one that is none shows as the replacement character. */
		unsigned shown = format == LOG_JSON && bytes == 0 ? 0xfffd : first;
		int written = format == LOG_JSON ? snprintf(piece, 8, "\\u%04x", shown)
						 : snprintf(piece, 8, "\\x%02x", shown);
		length = written > 0 ? (size_t)written : 0;
	}
	*rest = slice_from(*rest, bytes > 0 ? bytes : 1);
	return slice_of(piece, length);
}

/* Escapes `value` into at most `budget` bytes and the mark of the cut. */
static void put_escaped(struct line *line, struct slice value, size_t budget)
{
	char piece[8];
	while (value.length > 0) {
		struct slice escaped = take_escaped(&value, line->format, piece);
		if (escaped.length > budget) {
			put(line, SLICE(CUT_MARK));
			return;
		}
		put(line, escaped);
		budget -= escaped.length;
	}
}

/* May stand without quotes in key=value. */
static bool is_bare(struct slice value)
{
	for (size_t i = 0; i < value.length; i++) {
		char byte = value.at[i];
		if (byte <= ' ' || byte > '~' || byte == '"' || byte == '=' || byte == '\\')
			return false;
	}
	return value.length > 0;
}

static void put_key(struct line *line, const char *key)
{
	bool json = line->format == LOG_JSON;
	if (line->length > 0)
		put(line, json ? SLICE(",") : SLICE(" "));
	else if (json)
		put(line, SLICE("{"));
	if (json)
		put(line, SLICE("\""));
	put(line, slice_text(key));
	put(line, json ? SLICE("\":") : SLICE("="));
}

static void put_value(struct line *line, const char *key, struct slice value, size_t budget)
{
	bool quoted = line->format == LOG_JSON || !is_bare(value);
	put_key(line, key);
	if (quoted)
		put(line, SLICE("\""));
	put_escaped(line, value, budget);
	if (quoted)
		put(line, SLICE("\""));
}

static void put_optional(struct line *line, const char *key, struct slice value)
{
	if (!slice_is_empty(value))
		put_value(line, key, value, VALUE_BUDGET);
}

static void put_number(struct line *line, const char *key, uint64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	put_key(line, key);
	put(line, slice_of(digits, length > 0 ? (size_t)length : 0));
}

static void put_time(struct line *line)
{
	struct timespec now = {0};
	struct tm utc = {0};
	char text[40];
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	size_t length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	int more = snprintf(text + length, sizeof(text) - length, ".%03dZ", (int)(now.tv_nsec / 1000000));
	put_value(line, "time", slice_of(text, length + (more > 0 ? (size_t)more : 0)), VALUE_BUDGET);
}

static void put_context(struct line *line, const struct log_context *context)
{
	put_optional(line, "aor", context->aor);
	put_optional(line, "call_id", context->call_id);
	put_optional(line, "flow", context->flow);
	put_optional(line, "method", context->method);
	if (context->status != 0)
		put_number(line, "status", context->status);
}

static void put_text(struct line *line, const char *format, va_list arguments) PRINTF_LIKE(2, 0);
static void put_text(struct line *line, const char *format, va_list arguments)
{
	char text[TEXT_SIZE];
	int written = vsnprintf(text, sizeof(text), format, arguments);
	size_t length = written > 0 ? (size_t)written : 0;
	if (length >= sizeof(text)) {
		length = sizeof(text) - 1;
		memcpy(text + length - strlen(CUT_MARK), CUT_MARK, strlen(CUT_MARK));
	}
	if (length > 0)
		put_value(line, "text", slice_of(text, length), TEXT_BUDGET);
}

static void write_line(int descriptor, struct line *line)
{
	if (line->format == LOG_JSON)
		put(line, SLICE("}"));
	line->data[line->length++] = '\n';
	/* One call, unless the system takes less: a log that cannot be written has nobody to complain to. */
	for (size_t done = 0; done < line->length;) {
		ssize_t count = write(descriptor, line->data + done, line->length - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return;
		done += (size_t)count;
	}
}

/* What the two public functions share; `arguments` belong to `format`. */
struct event {
	enum log_level level;
	const char *what;
	const struct log_context *context;
	uint64_t suppressed;
};

static void log_write(struct log *log, const struct event *event, const char *format, va_list arguments)
	PRINTF_LIKE(3, 0);
static void log_write(struct log *log, const struct event *event, const char *format, va_list arguments)
{
	int before = errno; /* callers log first and then look at errno */
	struct line line;
	line.format = log->format;
	line.length = 0;
	put_time(&line);
	put_value(&line, "level", slice_text(level_names[event->level]), VALUE_BUDGET);
	put_value(&line, "what", slice_text(event->what), VALUE_BUDGET);
	if (event->context)
		put_context(&line, event->context);
	if (event->suppressed > 0)
		put_number(&line, "suppressed", event->suppressed);
	put_text(&line, format, arguments);
	write_line(log->descriptor, &line);
	errno = before;
}

void log_event(struct log *log, enum log_level level, const char *what, const struct log_context *context,
	       const char *format, ...)
{
	if (!log_is_enabled(log, level))
		return;
	va_list arguments;
	va_start(arguments, format);
	log_write(log, &(struct event){.level = level, .what = what, .context = context}, format, arguments);
	va_end(arguments);
}

/* Takes a token, if there is one by now. */
static bool rate_allows(struct log_rate *rate, int64_t now_ms)
{
	if (!rate->started) {
		rate->started = true;
		rate->tokens = rate->burst;
		rate->refilled_at_ms = now_ms;
	}
	int64_t passed = now_ms - rate->refilled_at_ms;
	if (rate->interval_ms > 0 && passed >= rate->interval_ms) {
		int64_t fresh = passed / rate->interval_ms;
		bool full = fresh >= (int64_t)(rate->burst - rate->tokens);
		rate->tokens = full ? rate->burst : rate->tokens + (unsigned)fresh;
		rate->refilled_at_ms += fresh * rate->interval_ms;
	}
	if (rate->tokens == 0) {
		rate->suppressed++;
		return false;
	}
	rate->tokens--;
	return true;
}

void log_event_limited(struct log *log, struct log_rate *rate, int64_t now_ms, enum log_level level, const char *what,
		       const struct log_context *context, const char *format, ...)
{
	if (!log_is_enabled(log, level) || !rate_allows(rate, now_ms))
		return;
	struct event event = {.level = level, .what = what, .context = context, .suppressed = rate->suppressed};
	rate->suppressed = 0;
	va_list arguments;
	va_start(arguments, format);
	log_write(log, &event, format, arguments);
	va_end(arguments);
}
