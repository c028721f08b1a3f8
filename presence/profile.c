/* The table of phone profiles, and how a User-Agent finds its row. SPDX-License-Identifier: MIT */
#include "presence/profile.h"

#include "bodies/body.h"

#include <stdlib.h>

/* Most rows have a style of their own only in dialog documents. What all of them need is done for everybody: counts
 * even where nothing is known (Samsung), versions and CSeq that only grow (Polycom), patience with a NOTIFY that is not
 * answered (SPA), one subscription for each device however often it comes with a new Call-ID. */
#define IDLE BODY_DUMMY_DIALOG
#define SINGLE BODY_SINGLE_DIALOG

#define YEALINK_REASON                                                                                                 \
	"The key goes dark where a document has no `<dialog>`, also in idle; it shows the remote party, which stays "  \
	"in."
#define POLY_REASON "By the RFCs; ignores a NOTIFY whose CSeq goes back, which ours never does."
#define SNOM_REASON "Names users by pres: URIs in its own documents; ours do the same for it."
#define GRANDSTREAM_REASON                                                                                             \
	"Wants to be told of its mailbox unasked where it is not set to subscribe. Its maker's own server tells it "   \
	"of three entries of a list at a time."
#define SPA_REASON                                                                                                     \
	"The SPA962 crashes at a second `<dialog>`; its relatives are treated alike. One that does not answer a "      \
	"NOTIFY is "                                                                                                   \
	"not gone."
#define CISCO_REASON "Not the firmware of the SPA phones: all dialogs, by the RFC."
#define ATA_REASON "No busy lamps; asks for its mailbox for 2147483647 s, and gets what is granted at most."
#define IDLE_REASON "Needs a `<dialog>` also in idle."
#define LINPHONE_REASON                                                                                                \
	"Knows no message-summary (5.1), so it is not told unasked. Shows a friend without any status where a "        \
	"`<basic>` is neither open nor closed, which we never send. Reads lists only in an `Event: Presence`, and "    \
	"finds their parts only by a bare Content-Id. Flexisip, its makers' server, tells it of 200 entries at most."
#define BROWSER_REASON "A page subscribes to what it shows; what it is told out of dialog, nobody sees."

/* The first row that fits counts. Name, pattern, style, unsolicited_mwi; and what else is special. */
static const struct profile shipped[] = {
	{"Yealink", "Yealink*", IDLE, true, .reason = YEALINK_REASON},

	{"Poly", "Poly*", 0, true, .reason = POLY_REASON},

	{"Snom", "snom*", BODY_PRES_ENTITY, true, .reason = SNOM_REASON},

	{"Grandstream", "Grandstream*", 0, true, .list_entries = 3, .reason = GRANDSTREAM_REASON},

	{"Cisco SPA", "Cisco/SPA*", SINGLE, true, .reason = SPA_REASON},
	{"Cisco SPA", "Linksys*", SINGLE, true, .reason = SPA_REASON},
	{"Cisco SPA", "Sipura*", SINGLE, true, .reason = SPA_REASON},
	{"Cisco", "Cisco-CP*", 0, true, .reason = CISCO_REASON},
	{"Cisco", "Cisco/CP*", 0, true, .reason = CISCO_REASON},
	{"Cisco ATA", "Cisco?ATA*", 0, true, .reason = ATA_REASON},

	{"CounterPath", "Bria*", IDLE, true, .reason = IDLE_REASON},
	{"CounterPath", "X-Lite*", IDLE, true, .reason = IDLE_REASON},
	{"CounterPath", "eyeBeam*", IDLE, true, .reason = IDLE_REASON},
	{"CounterPath", "CounterPath*", IDLE, true, .reason = IDLE_REASON},

	{"Mitel", "Aastra*", IDLE, true, .reason = IDLE_REASON},
	{"Mitel", "Mitel*", IDLE, true, .reason = IDLE_REASON},

	{"Linphone", "Linphone*", 0, false, .linphone_lists = true, .list_entries = 200, .reason = LINPHONE_REASON},
	{"Panasonic", "Panasonic*", 0, true, .reason = "By the RFCs; asks for as-feature-event, too, which gets 489."},
	{"Gigaset", "Gigaset*", 0, true, .reason = "By the RFCs; asks for ua-profile, too, which gets 489."},
	{"Gigaset", "N?10 IP*", 0, true, .reason = "By the RFCs; these bases name only their model."},
	{"Samsung", "Samsung*", 0, true,
	 .reason = "By the RFCs; cannot read a NOTIFY without counts, so ours always have them, 0/0 where nothing is "
		   "known."},

	{"baresip", "baresip*", 0, false,
	 .reason = "Refuses a NOTIFY out of dialog with 481; its module mwi subscribes."},
	{"browser", "*JsSIP*", 0, false, .reason = BROWSER_REASON},
	{"browser", "*SIP.js*", 0, false, .reason = BROWSER_REASON},
	{"browser", "*SIPJS*", 0, false, .reason = BROWSER_REASON},
	{"browser", "*sipML5*", 0, false, .reason = BROWSER_REASON},

	{"any", "*", 0, true, .reason = "What the RFCs say; Message-Account tells the key what to call."},
};

#define SHIPPED_COUNT (sizeof(shipped) / sizeof(shipped[0]))
#define ROWS_MOST (PROFILES_OWN_MOST + SHIPPED_COUNT)

/* Rows are tried by the first letter of the User-Agent; those whose pattern begins with a wildcard stand in each of the
 * lists, in the order of the table. */
#define LETTERS 27 /* 26, and one for all other bytes */

struct profiles {
	size_t count;
	uint8_t lists[LETTERS][ROWS_MOST]; /* indices of rows */
	uint8_t lengths[LETTERS];
	struct profile rows[ROWS_MOST];
	char texts[]; /* of the own rows */
};

_Static_assert(ROWS_MOST <= UINT8_MAX, "a row's index is a byte");

static unsigned letter_of(char byte)
{
	unsigned char low = (unsigned char)(byte | 0x20);
	return low >= 'a' && low <= 'z' ? low - 'a' : LETTERS - 1;
}

static bool is_same(char pattern, char byte)
{
	if (pattern == '?' || pattern == byte)
		return true;
	return letter_of(pattern) < LETTERS - 1 && letter_of(pattern) == letter_of(byte);
}

/* A star that was passed is where one goes back to, with one more character taken by it; only the last one counts, so
 * the time is at most the product of both lengths. */
bool profile_pattern_fits(const char *pattern, struct slice text)
{
	const char *star = NULL;
	size_t at = 0, behind_star = 0;
	while (at < text.length) {
		if (*pattern == '*') {
			star = pattern++;
			behind_star = at;
		} else if (*pattern != '\0' && is_same(*pattern, text.at[at])) {
			pattern++;
			at++;
		} else if (star) {
			pattern = star + 1;
			at = ++behind_star;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static void enter_row(struct profiles *profiles, size_t row)
{
	char first = profiles->rows[row].pattern[0];
	bool is_open = first == '*' || first == '?';
	for (unsigned letter = 0; letter < LETTERS; letter++) {
		if (is_open || letter == letter_of(first))
			profiles->lists[letter][profiles->lengths[letter]++] = (uint8_t)row;
	}
}

/* Copies into the room at `*at` and moves it. */
static const char *keep_text(char **at, const char *text)
{
	char *copy = *at;
	size_t size = strlen(text) + 1;
	memcpy(copy, text, size);
	*at += size;
	return copy;
}

struct profiles *profiles_create(const struct profile *own, size_t count)
{
	if (count > PROFILES_OWN_MOST)
		count = PROFILES_OWN_MOST;
	size_t room = 0;
	for (size_t i = 0; i < count; i++)
		room += strlen(own[i].name) + strlen(own[i].pattern) + 2;
	struct profiles *profiles = calloc(1, sizeof(*profiles) + room);
	if (!profiles)
		return NULL;
	char *at = profiles->texts;
	for (size_t i = 0; i < count; i++) {
		struct profile *row = &profiles->rows[profiles->count++];
		*row = own[i];
		row->name = keep_text(&at, own[i].name);
		row->pattern = keep_text(&at, own[i].pattern);
		row->reason = NULL;
	}
	memcpy(&profiles->rows[count], shipped, sizeof(shipped));
	profiles->count = count + SHIPPED_COUNT;
	for (size_t i = 0; i < profiles->count; i++)
		enter_row(profiles, i);
	return profiles;
}

void profiles_destroy(struct profiles *profiles)
{
	free(profiles);
}

const struct profile *profiles_find(const struct profiles *profiles, struct slice user_agent)
{
	unsigned letter = slice_is_empty(user_agent) ? LETTERS - 1 : letter_of(user_agent.at[0]);
	for (size_t i = 0; i < profiles->lengths[letter]; i++) {
		const struct profile *row = &profiles->rows[profiles->lists[letter][i]];
		if (profile_pattern_fits(row->pattern, user_agent))
			return row;
	}
	return &profiles->rows[profiles->count - 1]; /* never come to: its pattern is "*" */
}

const struct profile *profiles_find_named(const struct profiles *profiles, struct slice name)
{
	for (size_t i = 0; i < profiles->count; i++) {
		if (slice_equal(slice_text(profiles->rows[i].name), name))
			return &profiles->rows[i];
	}
	return &profiles->rows[profiles->count - 1];
}

const struct profile *profiles_at(const struct profiles *profiles, size_t index)
{
	return index < profiles->count ? &profiles->rows[index] : NULL;
}

const struct profile *profile_shipped_at(size_t index)
{
	return index < SHIPPED_COUNT ? &shipped[index] : NULL;
}

const struct profile *profile_shipped_find(struct slice name)
{
	for (size_t i = 0; i < SHIPPED_COUNT; i++) {
		if (slice_equal_nocase(slice_text(shipped[i].name), name))
			return &shipped[i];
	}
	return NULL;
}
