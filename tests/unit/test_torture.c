/* The torture messages of RFC 4475 and RFC 5118: what expected.txt says of each, what their details are, and that
 * those which pass through come out as they went in. The messages are tests/unit/torture/<name>.sip.
 * SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/error.h"
#include "sip/write.h"

#include <dirent.h>
#include <stdio.h>

#define MOST_BYTES 8192
#define ARENA_BYTES 65536

struct row {
	char name[64];
	struct slice text; /* whole line, in the table's buffer */
	struct slice verdict;
	unsigned status; /* 0: accept */
};

struct table_text {
	char bytes[16384];
	struct slice rest;
};

/* A message from its file, parsed and checked. */
struct specimen {
	char bytes[MOST_BYTES];
	struct arena arena;
	struct sip_message message;
	struct sip_parse_error error;
	int result;
};

static bool read_file(const char *name, char *bytes, size_t most, struct slice *content)
{
	char path[512];
	int length = snprintf(path, sizeof(path), "%s/torture/%s", TEST_FOLDER, name);
	FILE *file = length > 0 && (size_t)length < sizeof(path) ? fopen(path, "rb") : NULL;
	if (!file)
		return false;
	*content = slice_of(bytes, fread(bytes, 1, most, file));
	bool good = !ferror(file) && feof(file);
	(void)fclose(file);
	return good;
}

static bool open_table(struct table_text *table)
{
	return read_file("expected.txt", table->bytes, sizeof(table->bytes), &table->rest);
}

/* The next row: name | verdict | what the server answers (for the tests of the running server). */
static bool next_row(struct table_text *table, struct row *row)
{
	while (table->rest.length > 0) {
		struct slice line = slice_trim(slice_take(&table->rest, '\n'));
		uint64_t status = 0;
		row->text = line;
		struct slice name = slice_trim(slice_take(&line, '|'));
		if (name.length == 0 || name.at[0] == '#' || name.length >= sizeof(row->name))
			continue;
		memcpy(row->name, name.at, name.length);
		row->name[name.length] = '\0';
		row->verdict = slice_trim(slice_take(&line, '|'));
		if (!slice_equal(row->verdict, SLICE("accept")) &&
		    !slice_to_number(slice_take(&row->verdict, ' '), 699, &status))
			return false;
		row->status = (unsigned)status;
		return true;
	}
	return false;
}

static bool load(struct specimen *specimen, const char *name)
{
	static const struct sip_limits limits = {MOST_BYTES, MOST_BYTES, MOST_BYTES, 100};
	char file[80];
	struct slice bytes;
	(void)snprintf(file, sizeof(file), "%s.sip", name);
	arena_init(&specimen->arena, NULL, ARENA_BYTES);
	specimen->error = (struct sip_parse_error){0};
	if (!read_file(file, specimen->bytes, sizeof(specimen->bytes), &bytes))
		return false;
	specimen->result = sip_message_parse(&specimen->message, &specimen->arena, bytes, &limits, &specimen->error);
	if (specimen->result == 0)
		specimen->result = sip_message_check(&specimen->message, &specimen->error);
	return true;
}

static bool holds(struct slice text, struct slice word)
{
	while (text.length >= word.length) {
		if (slice_starts_with(text, word))
			return true;
		text = slice_from(text, 1);
	}
	return false;
}

/* True where the parser and the check say what the row wants; else tells what they said. */
static bool is_as_expected(const struct row *row, const struct specimen *specimen)
{
	const struct sip_parse_error *error = &specimen->error;
	bool good = row->status == 0 ? specimen->result == 0
				     : specimen->result == ERR_SYNTAX && error->status == row->status &&
					       holds(slice_text(error->reason), row->verdict);
	if (!good && !test_is_starved())
		(void)fprintf(stderr, "%.*s\n  got %d: %u \"%s\" at byte %zu\n", SLICE_ARGS(row->text),
			      specimen->result, error->status, error->reason ? error->reason : "", error->offset);
	return good;
}

static void each_message_is_taken_or_refused_as_the_rfc_says(void)
{
	struct table_text table;
	struct row row;
	CHECK(open_table(&table));
	bool good = true;
	while (next_row(&table, &row)) {
		struct specimen specimen;
		good = load(&specimen, row.name) && is_as_expected(&row, &specimen) && good;
		arena_finish(&specimen.arena);
	}
	CHECK(good);
	CHECK(slice_is_empty(table.rest));
}

static void every_file_has_a_row(void)
{
	struct table_text table;
	struct row row;
	int rows = 0, files = 0;
	CHECK(open_table(&table));
	while (next_row(&table, &row))
		rows++;
	DIR *folder = opendir(TEST_FOLDER "/torture");
	CHECK(folder != NULL);
	for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
		files += slice_ends_with(slice_text(entry->d_name), SLICE(".sip"));
	(void)closedir(folder);
	CHECK_NUMBER(files, rows);
	CHECK_NUMBER(rows, 61);
}

/* ---- Details ---- */

/* What is to be found in a message once it is parsed; each gets the specimen, and its arena is finished after. */
struct detail {
	const char *name;
	void (*look)(struct specimen *specimen);
};

static unsigned count_values(const struct sip_message *message, enum sip_header_id id)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	unsigned count = 0;
	while (sip_message_each(message, id, &cursor, &element))
		count++;
	return count;
}

static void look_at_wsinv(struct specimen *specimen)
{
	struct sip_message *message = &specimen->message;
	const struct sip_via *via = sip_message_via(message);
	CHECK(via != NULL);
	CHECK_TEXT(via->transport, "UDP");
	CHECK_TEXT(via->host, "192.0.2.2");
	CHECK_TEXT(via->branch, "390skdjuw");
	CHECK_NUMBER(count_values(message, SIP_HEADER_VIA), 3);
	CHECK_TEXT(sip_tag(sip_message_to(message)), "1918181833n");
	CHECK_TEXT(sip_tag(sip_message_from(message)), "98asjd8");
	CHECK_TEXT(sip_message_from(message)->display_name, "J Rosenberg \\\\\\\"");
	CHECK_NUMBER(sip_message_cseq(message)->number, 9);
	CHECK_TEXT(sip_message_value(message, SIP_HEADER_SUBJECT), "");
	CHECK_TEXT(sip_message_named(message, SLICE("unknownheaderwithunusualvalue"))->value, ";;,,;;,;");
	CHECK_NUMBER(message->body.length, 150);
}

static void look_at_intmeth(struct specimen *specimen)
{
	struct sip_message *message = &specimen->message;
	const struct sip_uri *uri = sip_message_request_uri(message);
	CHECK(uri != NULL);
	CHECK_NUMBER(message->method, SIP_METHOD_OTHER);
	CHECK_TEXT(uri->user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
	CHECK_TEXT(uri->password, "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
	CHECK_TEXT(uri->host, "example.com");
	CHECK_NUMBER(sip_message_to(message)->display_name.length, 20);
	CHECK_TEXT(sip_tag(sip_message_from(message)), "_token~1'+`*%!-.");
}

static void look_at_esc01(struct specimen *specimen)
{
	struct sip_message *message = &specimen->message;
	struct sip_name_address contact;
	struct slice user, value;
	CHECK(sip_unescape(&specimen->arena, sip_message_request_uri(message)->user, &user) == 0);
	CHECK_TEXT(user, "sips:user@example.com");
	CHECK_TEXT(sip_message_request_uri(message)->host, "example.net");
	CHECK(sip_name_address_parse(sip_message_value(message, SIP_HEADER_CONTACT), &contact) == 0);
	CHECK(!sip_parameter_find(contact.parameters, SLICE("lr"), &value));
	CHECK(sip_unescape(&specimen->arena, sip_message_to(message)->uri.user, &user) == 0);
	CHECK_TEXT(user, "user");
}

static void look_at_esc02(struct specimen *specimen)
{
	/* %-escapes mean nothing in methods, header names and branches */
	struct sip_message *message = &specimen->message;
	CHECK_NUMBER(message->method, SIP_METHOD_OTHER);
	CHECK_NUMBER(count_values(message, SIP_HEADER_CONTACT), 2);
	CHECK_TEXT(sip_message_via(message)->branch, "z9hG4bK209%fzsnel234");
}

static void look_at_longreq(struct specimen *specimen)
{
	CHECK_NUMBER(count_values(&specimen->message, SIP_HEADER_VIA), 34);
	CHECK_NUMBER(specimen->message.body.length, 150);
}

static void look_at_dblreq(struct specimen *specimen)
{
	CHECK_NUMBER(specimen->message.method, SIP_REGISTER);
	CHECK_NUMBER(specimen->message.body.length, 0);
}

static void look_at_semiuri(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_request_uri(&specimen->message)->user, "user;par=u%40example.net");
	CHECK_NUMBER(count_values(&specimen->message, SIP_HEADER_ACCEPT), 6);
}

static void look_at_mpart01(struct specimen *specimen)
{
	CHECK_NUMBER(specimen->message.body.length, 553);
	CHECK(memchr(specimen->message.body.at, '\0', 553) != NULL);
	CHECK(sip_message_via(&specimen->message)->has_rport);
}

static void look_at_noreason(struct specimen *specimen)
{
	CHECK_NUMBER(specimen->message.status, 100);
	CHECK_TEXT(specimen->message.reason, "");
}

static void look_at_regbadct(struct specimen *specimen)
{
	struct sip_name_address contact;
	CHECK_NUMBER(sip_name_address_parse(sip_message_value(&specimen->message, SIP_HEADER_CONTACT), &contact),
		     ERR_SYNTAX);
}

static void look_at_regescrt(struct specimen *specimen)
{
	struct sip_name_address contact;
	CHECK(sip_name_address_parse(sip_message_value(&specimen->message, SIP_HEADER_CONTACT), &contact) == 0);
	CHECK_TEXT(contact.uri.headers, "Route=%3Csip:sip.example.com%3E");
}

static void look_at_cparam01(struct specimen *specimen)
{
	struct sip_name_address contact;
	CHECK(sip_name_address_parse(sip_message_value(&specimen->message, SIP_HEADER_CONTACT), &contact) == 0);
	CHECK_TEXT(contact.uri_text, "sip:+19725552222@gw1.example.net");
	CHECK_TEXT(contact.parameters, "unknownparam");
}

static void look_at_cparam02(struct specimen *specimen)
{
	struct sip_name_address contact;
	CHECK(sip_name_address_parse(sip_message_value(&specimen->message, SIP_HEADER_CONTACT), &contact) == 0);
	CHECK_TEXT(contact.uri.parameters, "unknownparam");
	CHECK_TEXT(contact.parameters, "");
}

static void look_at_unkscm(struct specimen *specimen)
{
	CHECK_NUMBER(sip_message_request_uri(&specimen->message)->scheme, URI_OTHER);
}

static void look_at_bext01(struct specimen *specimen)
{
	CHECK_NUMBER(count_values(&specimen->message, SIP_HEADER_REQUIRE), 2);
	CHECK(sip_message_lists(&specimen->message, SIP_HEADER_PROXY_REQUIRE, SLICE("norDoAnyProxiesSupportThis")));
}

static void look_at_port_ambiguous(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_request_uri(&specimen->message)->host, "[2001:db8::10:5070]");
	CHECK_NUMBER(sip_message_request_uri(&specimen->message)->port, 0);
}

static void look_at_port_unambiguous(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_request_uri(&specimen->message)->host, "[2001:db8::10]");
	CHECK_NUMBER(sip_message_request_uri(&specimen->message)->port, 5070);
}

static void look_at_received_with_delimiters(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_via(&specimen->message)->received, "[2001:db8::9:255]");
}

static void look_at_received_without_delimiters(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_via(&specimen->message)->received, "2001:db8::9:255");
}

static void look_at_ipv4_mapped(struct specimen *specimen)
{
	CHECK_TEXT(sip_message_via(&specimen->message)->host, "[::ffff:192.0.2.10]");
	CHECK_NUMBER(sip_message_via(&specimen->message)->port, 19823);
}

static void values_are_read_as_they_were_meant(void)
{
	static const struct detail details[] = {
		{"wsinv", look_at_wsinv},
		{"intmeth", look_at_intmeth},
		{"esc01", look_at_esc01},
		{"esc02", look_at_esc02},
		{"longreq", look_at_longreq},
		{"dblreq", look_at_dblreq},
		{"semiuri", look_at_semiuri},
		{"mpart01", look_at_mpart01},
		{"noreason", look_at_noreason},
		{"regbadct", look_at_regbadct},
		{"regescrt", look_at_regescrt},
		{"cparam01", look_at_cparam01},
		{"cparam02", look_at_cparam02},
		{"unkscm", look_at_unkscm},
		{"bext01", look_at_bext01},
		{"port-ambiguous", look_at_port_ambiguous},
		{"port-unambiguous", look_at_port_unambiguous},
		{"via-received-param-with-delim", look_at_received_with_delimiters},
		{"via-received-param-no-delim", look_at_received_without_delimiters},
		{"ipv4-mapped-ipv6", look_at_ipv4_mapped},
	};
	for (size_t i = 0; i < ARRAY_SIZE(details); i++) {
		struct specimen specimen;
		if (load(&specimen, details[i].name) && specimen.result == 0)
			details[i].look(&specimen);
		else
			(void)test_check(false, __FILE__, __LINE__, details[i].name);
		arena_finish(&specimen.arena);
	}
}

/* ---- Passing through ---- */

static const struct address source = {.ip = {198, 51, 100, 7}, .port = 40000, .family = ADDRESS_IPV4};

/* Writes the message as a proxy would pass it on, with our Via before it where it is a request. */
static void pass_on(struct buffer *buffer, const struct sip_message *message)
{
	static const struct sip_forward forward = {.source = &source, .max_forwards = 69};
	if (!message->is_request) {
		sip_write_relayed_response(buffer, message);
		return;
	}
	const struct sip_request_head head = {message->method_text, message->request_uri_text, SLICE("UDP"),
					      SLICE("proxy.example.com"), SLICE("z9hG4bKours")};
	sip_write_request_head(buffer, &head);
	sip_write_forwarded(buffer, message, &forward);
}

static bool is_edited(const struct sip_header *header)
{
	return header->id == SIP_HEADER_VIA || header->id == SIP_HEADER_MAX_FORWARDS ||
	       header->id == SIP_HEADER_CONTENT_LENGTH;
}

/* The next header from `place` on that a proxy leaves alone; NULL at the end. */
static const struct sip_header *next_untouched(const struct sip_message *message, unsigned *place)
{
	while (*place < message->header_count) {
		const struct sip_header *header = &message->headers[(*place)++];
		if (!is_edited(header))
			return header;
	}
	return NULL;
}

static bool is_passed_on_unchanged(const struct sip_message *message, const struct sip_message *copy)
{
	unsigned place = 0, copy_place = 0;
	const struct sip_header *header, *copied;
	do {
		header = next_untouched(message, &place);
		copied = next_untouched(copy, &copy_place);
		if (header && copied && !slice_equal(header->line, copied->line))
			return false;
	} while (header && copied);
	return header == copied && slice_equal(message->body, copy->body);
}

/* One Via more for a request, one less for a response; a Content-Length; all else as it was. */
static bool check_passing(const struct sip_message *message)
{
	static const struct sip_limits limits = {2 * MOST_BYTES, 2 * MOST_BYTES, MOST_BYTES, 100};
	struct buffer buffer;
	struct arena arena;
	struct sip_message copy;
	struct sip_parse_error error;
	unsigned vias = count_values(message, SIP_HEADER_VIA);
	vias = message->is_request ? vias + 1 : vias - 1;
	buffer_init(&buffer, 2 * MOST_BYTES);
	arena_init(&arena, NULL, ARENA_BYTES);
	pass_on(&buffer, message);
	bool good = !buffer_failed(&buffer) &&
		    sip_message_parse(&copy, &arena, buffer_slice(&buffer), &limits, &error) == 0 &&
		    (vias == 0 || sip_message_check(&copy, &error) == 0) &&
		    count_values(&copy, SIP_HEADER_VIA) == vias &&
		    sip_message_header(&copy, SIP_HEADER_CONTENT_LENGTH) && is_passed_on_unchanged(message, &copy);
	arena_finish(&arena);
	buffer_finish(&buffer);
	return good;
}

static void what_is_accepted_passes_through_as_it_came(void)
{
	struct table_text table;
	struct row row;
	CHECK(open_table(&table));
	while (next_row(&table, &row)) {
		struct specimen specimen;
		if (load(&specimen, row.name) && specimen.result == 0)
			(void)test_check(check_passing(&specimen.message), __FILE__, __LINE__, row.name);
		arena_finish(&specimen.arena);
	}
}

/* Even a request that is refused gets an answer that its sender can read: that far it was understood. */
static bool check_refusal(struct sip_message *request)
{
	static const struct sip_limits limits = {2 * MOST_BYTES, 2 * MOST_BYTES, MOST_BYTES, 100};
	const struct sip_response response = {.status = 400, .to_tag = SLICE("ours"), .source = &source};
	struct buffer buffer;
	struct arena arena;
	struct sip_message copy;
	struct sip_parse_error error;
	unsigned vias = count_values(request, SIP_HEADER_VIA);
	buffer_init(&buffer, 2 * MOST_BYTES);
	arena_init(&arena, NULL, ARENA_BYTES);
	sip_write_response(&buffer, request, &response);
	bool good = !buffer_failed(&buffer) &&
		    sip_message_parse(&copy, &arena, buffer_slice(&buffer), &limits, &error) == 0 &&
		    copy.status == 400 && count_values(&copy, SIP_HEADER_VIA) == vias &&
		    slice_equal(sip_message_call_id(&copy), sip_message_call_id(request)) &&
		    slice_equal(sip_message_value(&copy, SIP_HEADER_CSEQ), sip_message_value(request, SIP_HEADER_CSEQ));
	if (good && sip_message_to(request))
		good = sip_message_to(&copy) && !slice_is_empty(sip_tag(sip_message_to(&copy)));
	arena_finish(&arena);
	buffer_finish(&buffer);
	return good;
}

static void every_request_can_be_answered(void)
{
	struct table_text table;
	struct row row;
	CHECK(open_table(&table));
	while (next_row(&table, &row)) {
		struct specimen specimen;
		if (load(&specimen, row.name) && specimen.message.is_request && specimen.result != ERR_NO_MEMORY)
			(void)test_check(check_refusal(&specimen.message), __FILE__, __LINE__, row.name);
		arena_finish(&specimen.arena);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_message_is_taken_or_refused_as_the_rfc_says", each_message_is_taken_or_refused_as_the_rfc_says,
		 TEST_PLAIN},
		{"every_file_has_a_row", every_file_has_a_row, TEST_PLAIN},
		{"values_are_read_as_they_were_meant", values_are_read_as_they_were_meant, TEST_PLAIN},
		{"what_is_accepted_passes_through_as_it_came", what_is_accepted_passes_through_as_it_came, TEST_PLAIN},
		{"every_request_can_be_answered", every_request_can_be_answered, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
