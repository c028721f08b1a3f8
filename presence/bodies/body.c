/* What the bodies of events have in common. SPDX-License-Identifier: MIT */
#include "bodies/body.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

/* RFC 3261 §25.1: unreserved and user-unreserved. */
static bool may_stand_in_user(char byte)
{
	return isalnum((unsigned char)byte) || (byte != '\0' && strchr("-_.!~*'()&=+$,;?/", byte));
}

void body_write_entity(struct buffer *buffer, const struct body_target *target)
{
	buffer_text(buffer, target->style & BODY_PRES_ENTITY ? "pres:" : "sip:");
	for (size_t i = 0; i < target->user.length; i++) {
		if (may_stand_in_user(target->user.at[i]))
			buffer_byte(buffer, target->user.at[i]);
		else
			buffer_format(buffer, "%%%02X", (unsigned)(unsigned char)target->user.at[i]);
	}
	buffer_byte(buffer, '@');
	buffer_append(buffer, target->domain);
}

void body_complain(struct body_error *error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	if (vsnprintf(error->sentence, sizeof error->sentence, format, arguments) < 0)
		error->sentence[0] = '\0';
	va_end(arguments);
}
