/* Date (RFC 3261 §20.17): "Sat, 13 Nov 2010 23:29:00 GMT", and nothing but GMT. Computed here, because the C library's
 * functions know locales and time zones, and SIP has neither. SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/error.h"
#include "sip/grammar.h"
#include "sip/values.h"

#include <stdio.h>

#define DAY_S 86400
/* 31 December 9999, 23:59:59: the year has four digits. */
#define MOST_UNIX_S 253402300799

static const char weekdays[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* The place of a name of three letters in a string of such names; -1 where it is not there. */
static int find_name(struct slice name, const char *names, int count)
{
	for (int place = 0; place < count; place++)
		if (slice_equal_nocase(name, slice_of(names + (size_t)place * 3, 3)))
			return place;
	return -1;
}

/* Days from 1 January 1970, in years that begin with March, so that the leap day is the last of its year. */
static int64_t days_from_date(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era_year = year + 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era_year * 365 + era_year / 4 - era_year / 100 + era_year / 400 + day_of_year - 719468 - 146097;
}

static int days_in_month(int64_t year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && is_leap);
}

/* Exactly `digits` digits, then `separator`. */
static bool take_number(struct slice *rest, size_t digits, uint64_t most, char separator, int *number)
{
	struct slice text = grammar_take(rest, GRAMMAR_DIGIT);
	uint64_t value;
	if (text.length != digits || !slice_to_number(text, most, &value) || !grammar_take_byte(rest, separator))
		return false;
	*number = (int)value;
	return true;
}

static struct slice take_name(struct slice *rest)
{
	if (rest->length < 3)
		return slice_of(rest->at, 0);
	struct slice name = slice_of(rest->at, 3);
	*rest = slice_from(*rest, 3);
	return name;
}

int sip_date_parse(struct slice text, int64_t *unix_s)
{
	struct slice rest = slice_trim(text);
	int day, year, hour, minute, second;

	if (find_name(take_name(&rest), weekdays, 7) < 0 || !grammar_take_separator(&rest, ',') ||
	    !take_number(&rest, 2, 31, ' ', &day))
		return ERR_SYNTAX;
	int month = find_name(take_name(&rest), months, 12) + 1;
	if (month == 0 || !grammar_take_byte(&rest, ' ') || !take_number(&rest, 4, 9999, ' ', &year) ||
	    !take_number(&rest, 2, 23, ':', &hour) || !take_number(&rest, 2, 59, ':', &minute) ||
	    !take_number(&rest, 2, 60, ' ', &second) || !slice_equal_nocase(rest, SLICE("GMT")))
		return ERR_SYNTAX;
	if (day < 1 || day > days_in_month(year, month))
		return ERR_SYNTAX;
	*unix_s = days_from_date(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
	return 0;
}

struct slice sip_date_write(int64_t unix_s, char text[SIP_DATE_SIZE])
{
	if (unix_s < 0)
		unix_s = 0;
	if (unix_s > MOST_UNIX_S)
		unix_s = MOST_UNIX_S;
	int64_t days = unix_s / DAY_S;
	int second = (int)(unix_s % DAY_S);
	int year = 1970 + (int)(days / 366); /* never too late: from here at most a few steps */
	while (days >= days_from_date(year + 1, 1, 1))
		year++;
	int day = (int)(days - days_from_date(year, 1, 1)), month = 1;
	while (day >= days_in_month(year, month))
		day -= days_in_month(year, month++);

	int length =
		snprintf(text, SIP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", weekdays + (days + 4) % 7 * 3,
			 (unsigned)(day + 1) % 100, months + (month - 1) * 3, (unsigned)year % 10000,
			 (unsigned)second / 3600 % 100, (unsigned)second / 60 % 60, (unsigned)second % 60);
	return slice_of(text, length > 0 && length < SIP_DATE_SIZE ? (size_t)length : 0);
}
