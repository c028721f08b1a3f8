/* Presence as JSON: from published documents to what the API tells. SPDX-License-Identifier: MIT */
#include "api/presence_json.h"
#include "test.h"

#define ROOM 100000

static const struct xml_limits limits = {.bytes = ROOM, .depth = 20, .nodes = 1000};

static const char busy[] =
	"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:carla@example.test'>"
	"<tuple id='t1'><status><basic>open</basic></status>"
	"<contact priority='0.5'>sip:carla@192.0.2.7</contact><note>on the &quot;desk&quot;</note></tuple>"
	"<note>for all</note>"
	"<dm:person id='p'><r:activities><r:note>hidden</r:note><r:away/><r:other>tea</r:other></r:activities>"
	"<dm:note>back at ten</dm:note></dm:person>"
	"<dm:device id='d1'><dm:deviceID>urn:uuid:1-2</dm:deviceID><dm:note>mobile</dm:note></dm:device>"
	"</presence>";

static void what_devices_publish_is_told(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, ROOM);
	struct presence_source source = {.published_at_ms = 1795341600123, .id = 1};
	const struct presence_facts facts = {.is_in_call = true};
	struct presence_state state;
	struct body_error error;
	struct json_writer json = {.buffer = &buffer};
	CHECK_NUMBER(pidf_parse(&arena, slice_text(busy), &limits, &source.pidf, &error), 0);
	CHECK_NUMBER(presence_compose(&arena, &source, 1, &facts, &state), 0);
	struct slice tuple = state.tuples[0].id, device = xml_attribute(state.devices[0], SLICE("id"));
	presence_json_write(&json, &state, SLICE("carla"), SLICE("example.test"));
	CLEANUP(buffer_finish) struct buffer wanted;
	buffer_init(&wanted, ROOM);
	buffer_format(&wanted,
		      "{\"user\":\"carla\",\"aor\":\"sip:carla@example.test\",\"status\":\"open\",\"in_call\":true,"
		      "\"activities\":[\"on-the-phone\",\"away\",\"tea\"],\"notes\":[\"for all\",\"back at ten\"],"
		      "\"tuples\":[{\"id\":\"%.*s\",\"status\":\"open\",\"contact\":\"sip:carla@192.0.2.7\","
		      "\"notes\":[\"on the \\\"desk\\\"\"],\"published\":true,\"since\":\"2026-11-22T10:00:00.123Z\"}],"
		      "\"devices\":[{\"id\":\"%.*s\",\"device_id\":\"urn:uuid:1-2\",\"notes\":[\"mobile\"]}]}",
		      SLICE_ARGS(tuple), SLICE_ARGS(device));
	buffer_byte(&wanted, '\0');
	CHECK(!buffer_failed(&buffer) && !buffer_failed(&wanted));
	CHECK_TEXT(buffer_slice(&buffer), wanted.data);
}

static void who_publishes_nothing_is_as_he_is_registered(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, ROOM);
	const struct presence_facts facts = {.is_registered = true};
	struct presence_state state;
	struct json_writer json = {.buffer = &buffer};
	CHECK_NUMBER(presence_compose(&arena, NULL, 0, &facts, &state), 0);
	presence_json_write(&json, &state, SLICE("d\xff"), SLICE("example.test"));
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(
		buffer_slice(&buffer),
		"{\"user\":\"d\xef\xbf\xbd\",\"aor\":\"sip:d%FF@example.test\",\"status\":\"open\",\"in_call\":false,"
		"\"activities\":[],\"notes\":[],\"tuples\":[{\"id\":\"server\",\"status\":\"open\",\"contact\":null,"
		"\"notes\":[],\"published\":false,\"since\":null}],\"devices\":[]}");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_devices_publish_is_told", what_devices_publish_is_told, TEST_PLAIN},
		{"who_publishes_nothing_is_as_he_is_registered", who_publishes_nothing_is_as_he_is_registered,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
