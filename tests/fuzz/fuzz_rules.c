/* Fuzz target: any bytes as a document of rules. What is accepted judges some watchers, and a small state is seen
 * through the views that come of it: what is written then must be a presence document again.
 * SPDX-License-Identifier: MIT */
#include "bodies/rules.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 1000};

static const char presence[] =
	"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:bob@example.test'><tuple id='t1'><status><basic>open"
	"</basic><x "
	"xmlns='urn:x'>1</x></status><r:class>work</r:class><contact>sip:bob@host.test</contact><note>n</note>"
	"</tuple><tuple id='t2'><status/></tuple><note>n</note><dm:person "
	"id='p1'><r:activities><r:away/></r:activities>"
	"<r:sphere>work</r:sphere><r:user-input last-input='x' idle-threshold='1'>idle</r:user-input></dm:person>"
	"<dm:device id='d1'><r:class>desk</r:class><dm:deviceID>urn:uuid:d1</dm:deviceID></dm:device></presence>";

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_presence(struct arena *arena, const struct presence_state *state)
{
	struct body_target target = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	struct buffer buffer;
	struct body_output output = {.buffer = &buffer, .version_at = BODY_NO_VERSION};
	struct body_error error;
	struct pidf pidf;
	buffer_init(&buffer, 1 << 16);
	pidf_format.write(state, &target, &output);
	require(!buffer_failed(&buffer));
	require(pidf_parse(arena, buffer_slice(&buffer), &limits, &pidf, &error) == 0);
	buffer_finish(&buffer);
}

static void look(struct arena *arena, struct slice view)
{
	struct presence_source source = {.id = 1};
	struct presence_facts facts = {.is_registered = true, .is_in_call = true};
	struct presence_state state;
	const struct presence_state *cut;
	struct body_error error;
	require(pidf_parse(arena, SLICE(presence), &limits, &source.pidf, &error) == 0);
	require(presence_compose(arena, &source, 1, &facts, &state) == 0);
	require(presence_cut(arena, &state, view, &cut) == 0);
	require(cut->tuple_count <= state.tuple_count && cut->device_count <= state.device_count);
	require(state.is_open >= cut->is_open && state.is_in_call >= cut->is_in_call);
	require(slice_is_empty(view) == (cut == &state));
	require_presence(arena, cut);
}

static void judge(const struct ruleset *ruleset, struct slice user, struct slice domain, struct slice sphere)
{
	struct rule_question question = {.user = user, .domain = domain, .sphere = sphere, .now_s = 1772348400};
	struct rule_answer answer, again;
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX / 2);
	require(ruleset_judge(ruleset, &question, &arena, &answer) == 0);
	require(ruleset_judge(ruleset, &question, &arena, &again) == 0);
	require(slice_equal(answer.view, again.view) && answer.handling == again.handling);
	require(answer.is_decided || answer.handling == WATCH_BLOCK);
	require(answer.until_s == 0 || answer.until_s > question.now_s);
	if (answer.is_decided && answer.handling == WATCH_ALLOW)
		look(&arena, answer.view);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ruleset *ruleset;
	struct body_error error = {""};
	int result = ruleset_read(slice_of((const char *)data, size), &limits, &ruleset, &error);
	if (result != 0) {
		require(result == ERR_SYNTAX || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
		return 0;
	}
	judge(ruleset, SLICE("bob"), SLICE("example.test"), SLICE("work"));
	judge(ruleset, SLICE("al"), SLICE("x.test"), SLICE(""));
	judge(ruleset, SLICE(""), SLICE(""), SLICE("home"));
	require(ruleset_bytes(ruleset) < 1000 + 40 * size);
	ruleset_destroy(ruleset);
	return 0;
}
