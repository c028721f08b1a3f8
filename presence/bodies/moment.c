/* Reading moments. Computed here, because the C library knows locales and time zones. SPDX-License-Identifier: MIT */
#include "bodies/moment.h"

#include "base/error.h"

#include <stdbool.h>

#define DAY_S 86400

struct parts {
	int64_t year, month, day, hour, minute, second;
};

/* `count` digits into a number from `least` to `most`. */
static bool take_number(struct slice *rest, size_t count, int64_t least, int64_t most, int64_t *number)
{
	uint64_t value;
	if (rest->length < count || !slice_to_number(slice_of(rest->at, count), (uint64_t)most, &value))
		return false;
	*number = (int64_t)value;
	*rest = slice_from(*rest, count);
	return *number >= least;
}

static bool take_byte(struct slice *rest, char byte)
{
	if (rest->length == 0 || rest->at[0] != byte)
		return false;
	*rest = slice_from(*rest, 1);
	return true;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && is_leap);
}

/* Whole years, then the months of this one. */
static int64_t days_since_1970(const struct parts *parts)
{
	int64_t before = parts->year - 1;
	int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;
	for (int64_t month = 1; month < parts->month; month++)
		days += days_of_month(parts->year, month);
	return days + parts->day - 1;
}

/* RFC 3339 §5.6: "Z", or how far local time is ahead; none (xsd:dateTime) counts as UTC. */
static bool take_offset(struct slice *rest, int64_t *offset_s)
{
	int64_t hours, minutes;
	*offset_s = 0;
	if (rest->length == 0 || take_byte(rest, 'Z') || take_byte(rest, 'z'))
		return true;
	bool is_behind = take_byte(rest, '-');
	if (!is_behind && !take_byte(rest, '+'))
		return false;
	if (!take_number(rest, 2, 0, 23, &hours) || !take_byte(rest, ':') || !take_number(rest, 2, 0, 59, &minutes))
		return false;
	*offset_s = (hours * 3600 + minutes * 60) * (is_behind ? -1 : 1);
	return true;
}

static bool take_date(struct slice *rest, struct parts *parts)
{
	return take_number(rest, 4, 1, 9999, &parts->year) && take_byte(rest, '-') &&
	       take_number(rest, 2, 1, 12, &parts->month) && take_byte(rest, '-') &&
	       take_number(rest, 2, 1, 31, &parts->day) && parts->day <= days_of_month(parts->year, parts->month);
}

static bool take_time(struct slice *rest, struct parts *parts)
{
	/* A second of 60 is a leap second. */
	if (!take_number(rest, 2, 0, 24, &parts->hour) || !take_byte(rest, ':') ||
	    !take_number(rest, 2, 0, 59, &parts->minute) || !take_byte(rest, ':') ||
	    !take_number(rest, 2, 0, 60, &parts->second))
		return false;
	if (parts->hour == 24 && (parts->minute > 0 || parts->second > 0))
		return false; /* xsd:dateTime: the end of a day, and no later */
	if (!take_byte(rest, '.'))
		return true;
	size_t digits = 0;
	while (digits < rest->length && rest->at[digits] >= '0' && rest->at[digits] <= '9')
		digits++;
	*rest = slice_from(*rest, digits);
	return digits > 0;
}

int moment_read(struct slice text, int64_t *unix_s)
{
	struct slice rest = slice_trim(text);
	struct parts parts;
	int64_t offset_s;
	if (!take_date(&rest, &parts) || (!take_byte(&rest, 'T') && !take_byte(&rest, 't')) ||
	    !take_time(&rest, &parts) || !take_offset(&rest, &offset_s) || rest.length > 0)
		return ERR_SYNTAX;
	*unix_s = days_since_1970(&parts) * DAY_S + parts.hour * 3600 + parts.minute * 60 + parts.second - offset_s;
	return 0;
}
