/* Phone profiles: User-Agents as phones send them find their rows. SPDX-License-Identifier: MIT */
#include "presence/profile.h"

#include "bodies/body.h"
#include "test.h"

#include <stdio.h>

static void destroy(struct profiles **profiles)
{
	profiles_destroy(*profiles);
}

struct agent_row {
	const char *user_agent, *name;
};

static const struct agent_row agents[] = {
	{"Yealink SIP-T46G 28.81.0.25", "Yealink"},
	{"Yealink W60B 77.83.0.10", "Yealink"},
	{"yealink sip-t19p_e2 53.80.0.130", "Yealink"},
	{"PolycomSoundPointIP-SPIP_550-UA/3.3.5.0247", "Poly"},
	{"PolycomVVX-VVX_400-UA/5.9.5.0614", "Poly"},
	{"PolyEdge-Edge_E350-UA/8.0.2.0823", "Poly"},
	{"snom300/8.4.35", "Snom"},
	{"snomD375/10.1.20.0", "Snom"},
	{"Grandstream GXP2160 1.0.11.35", "Grandstream"},
	{"Grandstream HT802 1.0.17.5", "Grandstream"},
	{"Linksys/SPA962-6.1.5(a)", "Cisco SPA"},
	{"LINKSYS/PAP2T-5.1.6(LS)", "Cisco SPA"},
	{"Sipura/SPA841-3.1.4(a)", "Cisco SPA"},
	{"Cisco/SPA504G-7.4.8a", "Cisco SPA"},
	{"Cisco/SPA112-1.4.1(002)", "Cisco SPA"},
	{"Cisco-CP-7841-3PCC/11.0", "Cisco"},
	{"Cisco-CP7960G/8.0", "Cisco"},
	{"Cisco ATA 186  v3.2.0 atasip (040616A)", "Cisco ATA"},
	{"Cisco/ATA192-11.1.0", "Cisco ATA"},
	{"Bria 4 release 4.5.0 stamp 79190", "CounterPath"},
	{"X-Lite release 4.9.2 stamp 79048", "CounterPath"},
	{"eyeBeam release 1102u stamp 52345", "CounterPath"},
	{"CounterPath Bria 3", "CounterPath"},
	{"Aastra 6757i/3.3.1.4305", "Mitel"},
	{"Mitel 6867i/5.0.0.1018", "Mitel"},
	{"Linphone/3.12.0 (belle-sip/1.6.3)", "Linphone"},
	{"LinphoneAndroid/4.6.1 (Pixel 6) LinphoneSDK/5.1.0", "Linphone"},
	{"Panasonic-KX-UT136/01.302", "Panasonic"},
	{"Gigaset N670 IP PRO/83.V2.39.0", "Gigaset"},
	{"N510 IP PRO/42.250.00.000.000", "Gigaset"},
	{"SAMSUNG SMT-i5243", "Samsung"},
	{"baresip v1.0.0 (x86_64/linux)", "baresip"},
	{"JsSIP 3.13.8", "browser"},
	{"Desk 2 (JsSIP 3.10.1)", "browser"},
	{"SIP.js/0.21.2", "browser"},
	{"Browser Phone 0.3.27 (SIPJS - 0.20.0)", "browser"},
	{"IM-client/OMA1.0 sipML5-v1.2016.03.04", "browser"},
	{"PJSUA v2.17-dev Linux-6.1", "any"},
	{"MicroSIP/3.21.3", "any"},
	{"SIPp", "any"},
	{"Telephone 1.5 for Yealink", "any"},
	{"Y", "any"},
	{"", "any"},
	{"\xc3\xa4 phone", "any"},
	{"*", "any"},
};

static void user_agents_find_their_rows(void)
{
	CLEANUP(destroy) struct profiles *profiles = profiles_create(NULL, 0);
	CHECK(profiles);
	for (size_t i = 0; i < ARRAY_SIZE(agents); i++) {
		const struct profile *found = profiles_find(profiles, slice_text(agents[i].user_agent));
		if (strcmp(found->name, agents[i].name) != 0)
			printf("%s\n", agents[i].user_agent);
		CHECK_TEXT(slice_text(found->name), agents[i].name);
	}
	CHECK_TEXT(slice_text(profiles_find(profiles, slice_text(NULL))->name), "any");
}

struct need_row {
	const char *user_agent;
	unsigned style;
	bool unsolicited_mwi;
	unsigned list_entries;
};

/* What the phones are known to need: each has a reason in the table. */
static const struct need_row needs[] = {
	{"Yealink SIP-T46G 28.81.0.25", BODY_DUMMY_DIALOG, true, 0},
	{"Bria 4 release 4.5.0", BODY_DUMMY_DIALOG, true, 0},
	{"Aastra 6757i/3.3.1", BODY_DUMMY_DIALOG, true, 0},
	{"Linksys/SPA962-6.1.5(a)", BODY_SINGLE_DIALOG, true, 0},
	{"snom320/8.7.5.35", BODY_PRES_ENTITY, true, 0},
	{"PolycomVVX-VVX_400-UA/5.9.5", 0, true, 0},
	{"Grandstream GXP2160 1.0.11.35", 0, true, 3},
	{"JsSIP 3.13.8", 0, false, 0},
	{"baresip v1.0.0", 0, false, 0},
	{"Linphone/3.12.0", 0, false, 200},
	{"LinphoneC/5.1.65 (liblinphone/5.1.65)", 0, false, 200},
	{"something else", 0, true, 0},
};

static void each_family_gets_what_it_needs(void)
{
	CLEANUP(destroy) struct profiles *profiles = profiles_create(NULL, 0);
	CHECK(profiles);
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct profile *found = profiles_find(profiles, slice_text(needs[i].user_agent));
		CHECK_NUMBER(found->style, needs[i].style);
		CHECK_NUMBER(found->unsolicited_mwi, needs[i].unsolicited_mwi);
		CHECK(!found->mwi_to_mailbox);
		CHECK_NUMBER(found->list_entries, needs[i].list_entries);
		CHECK_NUMBER(found->list_bytes, 0);
		CHECK(found->linphone_lists == slice_equal(slice_text(found->name), SLICE("Linphone")));
	}
}

static void own_rows_come_first_in_their_order(void)
{
	char name[] = "mine", pattern[] = "Yealink SIP-T4*";
	const struct profile own[] = {
		{.name = name, .pattern = pattern, .style = BODY_SINGLE_DIALOG},
		{.name = "doors", .pattern = "*door*", .unsolicited_mwi = true},
		{.name = "never", .pattern = "*door*"},
	};
	CLEANUP(destroy) struct profiles *profiles = profiles_create(own, ARRAY_SIZE(own));
	memset(name, 'x', sizeof(name) - 1); /* they are copied */
	memset(pattern, 'x', sizeof(pattern) - 1);
	CHECK(profiles);
	CHECK_TEXT(slice_text(profiles_find(profiles, SLICE("Yealink SIP-T46G 28.81.0.25"))->name), "mine");
	CHECK_TEXT(slice_text(profiles_find(profiles, SLICE("Yealink SIP-T58 58.85"))->name), "Yealink");
	CHECK_TEXT(slice_text(profiles_find(profiles, SLICE("Yealink Doorbell"))->name), "doors");
	CHECK_TEXT(slice_text(profiles_find(profiles, SLICE("2N Helios Door"))->name), "doors");
	CHECK_TEXT(slice_text(profiles_at(profiles, 0)->name), "mine");
	CHECK(profiles_find_named(profiles, SLICE("doors")) == profiles_at(profiles, 1));
	CHECK_TEXT(slice_text(profiles_find_named(profiles, SLICE("Yealink"))->pattern), "Yealink*");
	CHECK_TEXT(slice_text(profiles_find_named(profiles, SLICE("gone"))->name), "any");
	CHECK_TEXT(slice_text(profiles_at(profiles, 3)->name), "Yealink");
	size_t count = 0;
	while (profiles_at(profiles, count))
		count++;
	CHECK_TEXT(slice_text(profiles_at(profiles, count - 1)->pattern), "*");
}

struct pattern_row {
	const char *pattern, *text;
	bool fits;
};

static const struct pattern_row patterns[] = {
	{"*", "", true},          {"*", "anything", true},  {"", "", true},
	{"", "x", false},         {"abc", "ABC", true},     {"abc", "abcd", false},
	{"abcd", "abc", false},   {"a?c", "axc", true},     {"a?c", "ac", false},
	{"a*c", "ac", true},      {"a*c", "abcbc", true},   {"a*c", "abcb", false},
	{"*b*d*", "abcde", true}, {"*aab", "aaaaab", true}, {"*a?b*", "ab aab", true},
	{"a**", "a", true},       {"@", "`", false}, /* no letters: exactly */
	{"[1]", "[1]", true},     {"x", "*", false},
};

static void patterns_fit_whole_texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		CHECK(profile_pattern_fits(patterns[i].pattern, slice_text(patterns[i].text)) == patterns[i].fits);
}

static void shipped_rows_have_reasons_and_the_last_fits_everybody(void)
{
	const struct profile *row, *last = NULL;
	for (size_t i = 0; (row = profile_shipped_at(i)) != NULL; i++) {
		CHECK(row->name[0] && row->pattern[0] && row->reason);
		CHECK(slice_ends_with(slice_text(row->reason), SLICE(".")));
		last = row;
	}
	CHECK(last);
	CHECK_TEXT(slice_text(last->pattern), "*");
	CHECK(profile_shipped_find(SLICE("yealink")) == profile_shipped_at(0));
	CHECK(!profile_shipped_find(SLICE("Ealink")));
}

static void the_most_rows_of_ones_own_have_room(void)
{
	struct profile own[PROFILES_OWN_MOST];
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		own[i] = (struct profile){.name = "own", .pattern = "*"};
	CLEANUP(destroy) struct profiles *profiles = profiles_create(own, ARRAY_SIZE(own));
	CHECK(profiles);
	CHECK(profiles_find(profiles, SLICE("Yealink")) == profiles_at(profiles, 0));
	CHECK_TEXT(slice_text(profiles_at(profiles, PROFILES_OWN_MOST)->name), "Yealink");
}

static const struct test tests[] = {
	{"user_agents_find_their_rows", user_agents_find_their_rows, TEST_PLAIN},
	{"each_family_gets_what_it_needs", each_family_gets_what_it_needs, TEST_PLAIN},
	{"own_rows_come_first_in_their_order", own_rows_come_first_in_their_order, TEST_PLAIN},
	{"patterns_fit_whole_texts", patterns_fit_whole_texts, TEST_PLAIN},
	{"shipped_rows_have_reasons_and_the_last_fits_everybody", shipped_rows_have_reasons_and_the_last_fits_everybody,
	 TEST_PLAIN},
	{"the_most_rows_of_ones_own_have_room", the_most_rows_of_ones_own_have_room, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
