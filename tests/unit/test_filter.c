/* Filters of watchers: which documents of them can be used, what is left of a body, and which changes are told.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/filter.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct xml_limits limits = {65536, 20, 2000};

static const struct filter_question bob = {
	.package = {"presence", 8}, .user = {"bob", 3}, .domain = {"example.test", 12}, .limits = &limits};

#define SET(attributes, inside)                                                                                        \
	"<?xml version='1.0'?><filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'" attributes "><ns-bindings>"    \
	"<ns-binding prefix='pidf' urn='urn:ietf:params:xml:ns:pidf'/>"                                                \
	"<ns-binding prefix='dm' urn='urn:ietf:params:xml:ns:pidf:data-model'/>"                                       \
	"<ns-binding prefix='rpid' urn='urn:ietf:params:xml:ns:pidf:rpid'/>"                                           \
	"<ns-binding prefix='di' urn='urn:ietf:params:xml:ns:dialog-info'/>"                                           \
	"<ns-binding prefix='wi' urn='urn:ietf:params:xml:ns:watcherinfo'/></ns-bindings>" inside "</filter-set>"
#define FILTER(inside) SET("", "<filter id='1'>" inside "</filter>")
#define WHAT(inside) FILTER("<what>" inside "</what>")
#define INCLUDE(path) WHAT("<include>" path "</include>")
#define EXCLUDE(path) WHAT("<exclude>" path "</exclude>")
#define TRIGGER(inside) FILTER("<trigger>" inside "</trigger>")

/* --- which can be used -------------------------------------------------------------------------------------------- */

/* The structures of the examples of RFC 4661 §6, and what else its §3 and §5 allow. */
static const char *const good_filters[] = {
	SET("", ""),
	SET(" package='presence'",
	    "<filter id='a' uri='sip:bob@example.test'><what>"
	    "<include type='xpath'>/pidf:presence/pidf:tuple[rpid:class=\"IM\"]/pidf:status/pidf:basic"
	    "</include></what></filter>"),
	SET(" package='PRESENCE.winfo'", "<filter id='a' domain='example.test' enabled='1' remove='0'/>"),
	FILTER("<what><include type='namespace'>urn:ietf:params:xml:ns:pidf</include>"
	       "<exclude type='xpath'>//pidf:tuple/pidf:note</exclude></what>"
	       "<trigger><changed from='CLOSED' "
	       "to='OPEN'>/pidf:presence/pidf:tuple/pidf:status/pidf:basic</changed></trigger>"
	       "<trigger><added>//rpid:busy</added><removed>//rpid:away</removed></trigger>"),
	TRIGGER("<changed by='2.5'>//pidf:contact/@priority</changed>"),
	FILTER("<min xmlns='urn:other'/><what><else xmlns='urn:other'/><include>/*</include></what>"
	       "<trigger><else xmlns='urn:other'/><added>/*</added></trigger>"),
	INCLUDE("/pidf:presence"),
	INCLUDE("pidf:presence/pidf:note"),
	INCLUDE(" // pidf:tuple / * / @ id "),
	INCLUDE("//@xx"),
	INCLUDE("/pidf:*/tuple[@id]"),
	INCLUDE("/presence/tuple[status/basic = 'open' and (contact/@priority &gt;= 0.5 or not-a-function)]"),
	INCLUDE("/presence/tuple[.!='x'][@a &lt; -1][@b &lt;= .5][c &gt; \"2\"]"),
	INCLUDE("/a[((((((((b))))))))]"),
	INCLUDE("/and[or and and or or]"),
	"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'/>",
};

static void what_the_rfc_allows_is_accepted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_filters); i++) {
		struct body_error error = {""};
		int result = filter_check(slice_text(good_filters[i]), &limits, &error);
		if (result != 0 && !test_is_starved())
			CHECK_TEXT(slice_text(error.sentence), good_filters[i]);
		CHECK_NUMBER(result, 0);
	}
}

static const struct bad_row {
	const char *filters;
	int result;
	const char *sentence; /* a part of it */
} bad_rows[] = {
	{"", ERR_SYNTAX, "empty"},
	{"<filter-set/>", ERR_SYNTAX, "no <filter-set>"},
	{"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'>", ERR_SYNTAX, "line 1"},
	{SET(" package='message-summary'", ""), ERR_UNSUPPORTED, "event package"},
	{SET(" package='.winfo.winfo'", ""), ERR_UNSUPPORTED, "event package"},
	{SET("", "<filter/>"), ERR_SYNTAX, "needs an id"},
	{SET("", "<filter id='1' uri='sip:a@b' domain='b'/>"), ERR_SYNTAX, "either a uri or a domain"},
	{SET("", "<filter id='1' enabled='yes'/>"), ERR_SYNTAX, "enabled"},
	{SET("", "<filter id='1' remove='maybe'/>"), ERR_SYNTAX, "remove"},
	{SET("", "<filters/>"), ERR_SYNTAX, "<filter-set>"},
	{SET("", "<ns-bindings><ns-binding prefix='a'/></ns-bindings>"), ERR_SYNTAX, "<ns-binding>"},
	{SET("", "<ns-bindings><bind/></ns-bindings>"), ERR_SYNTAX, "<ns-bindings>"},
	{FILTER("<who/>"), ERR_SYNTAX, "<filter>"},
	{WHAT("<changed>/a</changed>"), ERR_SYNTAX, "<what>"},
	{TRIGGER("<include>/a</include>"), ERR_SYNTAX, "<trigger>"},
	{WHAT("<include/>"), ERR_SYNTAX, "empty"},
	{WHAT("<include type='namespace'> </include>"), ERR_SYNTAX, "empty"},
	{WHAT("<include type='regex'>a*</include>"), ERR_UNSUPPORTED, "type"},
	{TRIGGER("<added type='namespace'>urn:a</added>"), ERR_UNSUPPORTED, "type"},
	{TRIGGER("<changed by='much'>/a</changed>"), ERR_SYNTAX, "by"},
	{TRIGGER("<changed by='0'>/a</changed>"), ERR_SYNTAX, "by"},
	{INCLUDE("/"), ERR_SYNTAX, "character 2: a name is missing"},
	{INCLUDE("//"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("///a"), ERR_SYNTAX, "character 3: a name is missing"},
	{INCLUDE("/a/"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/a/.."), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/1"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/a b"), ERR_SYNTAX, "nothing more"},
	{INCLUDE("/a|/b"), ERR_SYNTAX, "nothing more"},
	{INCLUDE("/a/@b/c"), ERR_SYNTAX, "nothing more"},
	{INCLUDE("/@b"), ERR_SYNTAX, "an element before it"},
	{INCLUDE("/zz:a"), ERR_SYNTAX, "no <ns-binding>"},
	{INCLUDE("/pidf:"), ERR_SYNTAX, "behind the prefix"},
	{INCLUDE("/child::a"), ERR_UNSUPPORTED, "axes"},
	{INCLUDE("/a/text()"), ERR_UNSUPPORTED, "functions"},
	{INCLUDE("/a[last()]"), ERR_UNSUPPORTED, "functions"},
	{INCLUDE("/a[not(b)]"), ERR_UNSUPPORTED, "functions"},
	{INCLUDE("/a[1]"), ERR_UNSUPPORTED, "positions"},
	{INCLUDE("/a[b"), ERR_SYNTAX, "closing bracket"},
	{INCLUDE("/a[]"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/a[(b]"), ERR_SYNTAX, "closing parenthesis"},
	{INCLUDE("/a[b='c]"), ERR_SYNTAX, "closing quote"},
	{INCLUDE("/a[b=c]"), ERR_SYNTAX, "number or a quoted text"},
	{INCLUDE("/a[b!c]"), ERR_SYNTAX, "stands alone"},
	{INCLUDE("/a[b&gt;'c']"), ERR_SYNTAX, "have an order"},
	{INCLUDE("/a[b=1.2.3]"), ERR_SYNTAX, "number or a quoted text"},
	{INCLUDE("/a[b//c]"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/a[b and]"), ERR_SYNTAX, "a name is missing"},
	{INCLUDE("/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"), ERR_LIMIT, "too many steps"},
	{INCLUDE("/a[(((((((((b)))))))))]"), ERR_LIMIT, "too many parentheses"},
};

static void what_cannot_be_used_is_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		struct body_error error = {""};
		CHECK_NUMBER(filter_check(slice_text(bad_rows[i].filters), &limits, &error), bad_rows[i].result);
		if (!strstr(error.sentence, bad_rows[i].sentence))
			CHECK_TEXT(slice_text(error.sentence), bad_rows[i].sentence);
		for (const char *at = error.sentence; *at; at++)
			CHECK(*at >= ' ' && *at <= '~');
	}
}

/* `piece` so many times, between what is before and behind it. */
static int check_many(const char *before, const char *piece, unsigned count, const char *behind)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_error error;
	buffer_init(&buffer, 60000);
	buffer_text(&buffer, before);
	for (unsigned i = 0; i < count; i++)
		buffer_text(&buffer, piece);
	buffer_text(&buffer, behind);
	return buffer_failed(&buffer) ? ERR_NO_MEMORY : filter_check(buffer_slice(&buffer), &limits, &error);
}

static void how_much_may_be_asked_for_is_bounded(void)
{
	static const struct {
		const char *before, *piece, *behind;
		unsigned most;
	} rows[] = {
		{"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'>", "<filter id='1'/>", "</filter-set>", 32},
		{"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><ns-bindings>",
		 "<ns-binding prefix='a' urn='b'/>", "</ns-bindings></filter-set>", 32},
		{"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><filter id='1'><what>",
		 "<include>//a</include>", "</what></filter></filter-set>", 32},
		{"<filter-set xmlns='urn:ietf:params:xml:ns:simple-filter'><filter id='1'><what><include>/a", "[b][c]",
		 "</include></what></filter></filter-set>", 16},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_NUMBER(check_many(rows[i].before, rows[i].piece, rows[i].most, rows[i].behind), 0);
		CHECK_NUMBER(check_many(rows[i].before, rows[i].piece, rows[i].most + 1, rows[i].behind), ERR_LIMIT);
	}
}

/* --- what is left ------------------------------------------------------------------------------------------------- */

#define SPACES                                                                                                         \
	" xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"                       \
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'"
#define PRESENCE(inside) "<presence" SPACES " entity='sip:bob@example.test'>" inside "</presence>"
#define TUPLES                                                                                                         \
	"<tuple id='im'><status><basic>open</basic></status><r:class>IM</r:class><contact "                            \
	"priority='0.8'>im:bob</contact>"                                                                              \
	"</tuple>\n<tuple id='tel'><status><basic>closed</basic><r:x>1</r:x></status><contact "                        \
	"priority='0.3'>tel:1</contact>"                                                                               \
	"<note>At home</note></tuple>\n"
#define PERSON                                                                                                         \
	"<dm:person id='bob'><r:activities "                                                                           \
	"from='2026-01-01T00:00:00Z'><r:away/><r:busy/></r:activities></dm:person>\n"                                  \
	"<dm:device id='pc'><r:class>x</r:class><dm:deviceID>urn:device:1</dm:deviceID></dm:device>"
#define ALL PRESENCE(TUPLES PERSON "<note>Hi</note>")

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define OPEN(prefixes)                                                                                                 \
	HEAD "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"" prefixes " entity=\"sip:bob@example.test\">"
#define DM " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
#define RPID " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
#define END "</presence>\n"
#define OUT(id, basic, more) "<tuple id=\"" id "\"><status><basic>" basic "</basic></status>" more "</tuple>"

static const struct cut_row {
	const char *what; /* for who reads this */
	const char *filters, *document, *left;
} cut_rows[] = {
	{"one element, with what is around it",
	 INCLUDE("/pidf:presence/pidf:tuple[rpid:class=\"IM\"]/pidf:status/pidf:basic"), ALL,
	 OPEN("") OUT("im", "open", "") END},
	{"a whole element", INCLUDE("/pidf:presence/pidf:tuple[pidf:status/pidf:basic='closed']"), ALL,
	 OPEN(RPID) "<tuple id=\"tel\"><status><basic>closed</basic><rpid:x>1</rpid:x></status><contact "
		    "priority=\"0.3\">"
		    "tel:1</contact><note>At home</note></tuple>" END},
	{"what the schema needs comes with it", INCLUDE("//pidf:contact"), ALL,
	 OPEN("") OUT("im", "open", "<contact priority=\"0.8\">im:bob</contact>")
		 OUT("tel", "closed", "<contact priority=\"0.3\">tel:1</contact>") END},
	{"of a device, too", INCLUDE("//dm:device/rpid:class"), ALL,
	 OPEN(DM RPID) "<dm:device "
		       "id=\"pc\"><rpid:class>x</rpid:class><dm:deviceID>urn:device:1</dm:deviceID></dm:device>" END},
	{"names without a prefix", INCLUDE("/presence/note"), ALL, OPEN("") "<note>Hi</note>" END},
	{"any depth", INCLUDE("//note"), ALL,
	 OPEN("") OUT("tel", "closed", "<note>At home</note>") "<note>Hi</note>" END},
	{"nothing of it is there", INCLUDE("/pidf:presence/pidf:nothing"), ALL,
	 HEAD "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.test\"/>\n"},
	{"another root", INCLUDE("/pidf:other"), ALL,
	 HEAD "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.test\"/>\n"},
	{"several", WHAT("<include>/presence/note</include><include>//r:away</include>"), PRESENCE(""), NULL},
	{"several", WHAT("<include>/presence/note</include><include>//rpid:away</include>"), ALL,
	 OPEN(DM RPID) "<dm:person id=\"bob\"><rpid:activities "
		       "from=\"2026-01-01T00:00:00Z\"><rpid:away/></rpid:activities>"
		       "</dm:person><note>Hi</note>" END},
	{"a namespace", WHAT("<include type='namespace'>urn:ietf:params:xml:ns:pidf</include>"), ALL,
	 OPEN("") OUT("im", "open", "<contact priority=\"0.8\">im:bob</contact>")
		 OUT("tel", "closed",
		     "<contact priority=\"0.3\">tel:1</contact><note>At home</note>") "<note>Hi</note>" END},
	{"without a namespace",
	 WHAT("<exclude type='namespace'>urn:ietf:params:xml:ns:pidf:data-model</exclude>"
	      "<exclude type='namespace'>urn:ietf:params:xml:ns:pidf:rpid</exclude>"),
	 ALL,
	 OPEN("") OUT("im", "open", "<contact priority=\"0.8\">im:bob</contact>")
		 OUT("tel", "closed",
		     "<contact priority=\"0.3\">tel:1</contact><note>At home</note>") "<note>Hi</note>" END},
	{"without an element", EXCLUDE("//pidf:tuple"), PRESENCE(TUPLES "<note>Hi</note>"),
	 OPEN("") "<note>Hi</note>" END},
	{"included but for a part of it",
	 WHAT("<include>//dm:person</include><exclude>//dm:person/rpid:activities/rpid:away</exclude>"), ALL,
	 OPEN(DM RPID) "<dm:person id=\"bob\"><rpid:activities "
		       "from=\"2026-01-01T00:00:00Z\"><rpid:busy/></rpid:activities>"
		       "</dm:person>" END},
	{"what the schema needs cannot be excluded", EXCLUDE("//pidf:status"), PRESENCE(TUPLES),
	 OPEN(RPID) "<tuple id=\"im\"><status/><rpid:class>IM</rpid:class><contact "
		    "priority=\"0.8\">im:bob</contact></tuple>"
		    "<tuple id=\"tel\"><status/><contact priority=\"0.3\">tel:1</contact><note>At "
		    "home</note></tuple>" END},
	{"what it does not need can", WHAT("<include>//contact</include><exclude>//basic</exclude>"), PRESENCE(TUPLES),
	 OPEN("") "<tuple id=\"im\"><status/><contact priority=\"0.8\">im:bob</contact></tuple>"
		  "<tuple id=\"tel\"><status/><contact priority=\"0.3\">tel:1</contact></tuple>" END},
	{"all of it is excluded: the root stays", EXCLUDE("/*"), ALL,
	 HEAD "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:bob@example.test\"/>\n"},
	{"an attribute, which needs its element", INCLUDE("//pidf:contact[@priority &gt; 0.5]/@priority"), ALL,
	 OPEN("") OUT("im", "open", "<contact priority=\"0.8\">im:bob</contact>") END},
	{"without an attribute", EXCLUDE("//@priority"), PRESENCE(TUPLES),
	 OPEN(RPID) OUT("im", "open",
			"<rpid:class>IM</rpid:class><contact>im:bob</contact>") "<tuple "
										"id=\"tel\"><status><basic>closed</"
										"basic><rpid:x>1</rpid:x></"
										"status><contact>tel:1</contact>"
										"<note>At home</note></tuple>" END},
	{"without attributes, but for those that are needed", EXCLUDE("//*/@*"),
	 PRESENCE("<tuple id='x' a='1'><status/></tuple>"), OPEN("") "<tuple id=\"x\"><status/></tuple>" END},
	{"by attribute", INCLUDE("/presence/tuple[@id='im']/contact"), ALL,
	 OPEN("") OUT("im", "open", "<contact priority=\"0.8\">im:bob</contact>") END},
	{"or", INCLUDE("/presence/tuple[@id='x' or contact/@priority &lt; 0.5]/contact"), ALL,
	 OPEN("") OUT("tel", "closed", "<contact priority=\"0.3\">tel:1</contact>") END},
	{"partial presence is presence", INCLUDE("/pidf:presence/pidf:note"),
	 "<p:pidf-full xmlns:p='urn:ietf:params:xml:ns:pidf-diff' xmlns='urn:ietf:params:xml:ns:pidf'"
	 " entity='sip:bob@example.test'><note>Hi</note><tuple id='x'><status/></tuple></p:pidf-full>",
	 HEAD "<p:pidf-full xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\""
	      " entity=\"sip:bob@example.test\"><note>Hi</note></p:pidf-full>\n"},
	{"a dialog keeps its state", INCLUDE("//di:dialog[di:state='confirmed']/di:remote/di:identity"),
	 "<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='1' state='full' "
	 "entity='sip:bob@example.test'>"
	 "<dialog id='1'><state>early</state></dialog><dialog id='2' direction='initiator'><state "
	 "event='x'>confirmed</state>"
	 "<remote><identity>sip:a@b</identity><target uri='sip:c'/></remote></dialog></dialog-info>",
	 HEAD "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"1\" state=\"full\""
	      " entity=\"sip:bob@example.test\"><dialog id=\"2\" direction=\"initiator\"><state "
	      "event=\"x\">confirmed</state>"
	      "<remote><identity>sip:a@b</identity></remote></dialog></dialog-info>\n"},
	{"watchers of one status", INCLUDE("/wi:watcherinfo/wi:watcher-list/wi:watcher[@status=\"pending\"]"),
	 "<watcherinfo xmlns='urn:ietf:params:xml:ns:watcherinfo' version='0' state='full'><watcher-list"
	 " resource='sip:bob@example.test' package='presence'><watcher id='1' status='active' event='approved'>sip:a@b"
	 "</watcher><watcher id='2' status='pending' event='subscribe'>sip:c@d</watcher></watcher-list></watcherinfo>",
	 HEAD "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" state=\"full\"><watcher-list"
	      " resource=\"sip:bob@example.test\" package=\"presence\"><watcher id=\"2\" status=\"pending\""
	      " event=\"subscribe\">sip:c@d</watcher></watcher-list></watcherinfo>\n"},
	{"of no namespace", INCLUDE("/a/b"), "<a><b c='1'/><c/></a>", HEAD "<a><b c=\"1\"/></a>\n"},
	/* As it is. */
	{"no filter", SET("", ""), ALL, ALL},
	{"not enabled", SET("", "<filter id='1' enabled='false'><what><include>/x</include></what></filter>"), ALL,
	 ALL},
	{"to be removed", SET("", "<filter id='1' remove='true'><what><include>/x</include></what></filter>"), ALL,
	 ALL},
	{"another package", SET(" package='dialog'", "<filter id='1'><what><include>/x</include></what></filter>"), ALL,
	 ALL},
	{"triggers alone", TRIGGER("<added>/x</added>"), ALL, ALL},
};

static void what_was_asked_for_is_left(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cut_rows); i++) {
		const struct cut_row *row = &cut_rows[i];
		CLEANUP(buffer_finish) struct buffer filtered;
		size_t version_at = BODY_NO_VERSION;
		buffer_init(&filtered, 65536);
		int result =
			filter_apply(slice_text(row->filters), &bob, slice_text(row->document), &filtered, &version_at);
		CHECK_NUMBER(result, row->left ? 0 : ERR_SYNTAX);
		CHECK(version_at == BODY_NO_VERSION);
		if (row->left)
			CHECK_TEXT(buffer_slice(&filtered), row->left);
	}
}

#define NOTE_OF(attributes, id)                                                                                        \
	"<filter id='" id "'" attributes "><what><include>/presence/" id "</include></what></filter>"

static void the_filter_that_names_the_resource_most_closely_counts(void)
{
	static const struct {
		const char *filters, *left;
	} rows[] = {
		{SET("", NOTE_OF("", "a") NOTE_OF(" domain='Example.test'", "b")
				 NOTE_OF(" uri='sip:bob@example.test'", "c")),
		 "<c/>"},
		{SET("", NOTE_OF("", "a") NOTE_OF(" domain='Example.test'", "b")
				 NOTE_OF(" uri='sip:eve@example.test'", "c")),
		 "<b/>"},
		{SET("", NOTE_OF("", "a") NOTE_OF(" domain='other.test'", "b") NOTE_OF(" uri='bob@example.test'", "c")),
		 "<a/>"},
		{SET("", NOTE_OF(" domain='other.test'", "b")), "<a/><b/><c/>"},
		{SET("", NOTE_OF(" uri='pres:b%6fb@EXAMPLE.test:5060;transport=tcp'", "c")), "<c/>"},
		{SET("", NOTE_OF(" uri='SIPS:b%6Fb@example.test?x=y'", "c")), "<c/>"},
		{SET("", NOTE_OF(" uri='sip:bobby@example.test'", "c")), "<a/><b/><c/>"},
		{SET("", NOTE_OF(" uri='sip:bo@example.test'", "c")), "<a/><b/><c/>"},
		{SET("", NOTE_OF(" uri='sip:bob%4'", "c")), "<a/><b/><c/>"},
		{SET("", NOTE_OF(" uri='mailto:bob@example.test'", "c")), "<a/><b/><c/>"},
		{SET("", NOTE_OF(" uri='sip:bob@example.test'", "a") NOTE_OF(" uri='sip:bob@example.test'", "c")),
		 "<a/><c/>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer filtered;
		size_t version_at = BODY_NO_VERSION;
		buffer_init(&filtered, 65536);
		CHECK_NUMBER(filter_apply(slice_text(rows[i].filters), &bob, SLICE("<presence><a/><b/><c/></presence>"),
					  &filtered, &version_at),
			     0);
		if (!memmem(filtered.data, filtered.length, rows[i].left, strlen(rows[i].left)) ||
		    filtered.length > strlen(rows[i].left) + strlen(HEAD "<presence></presence>\n"))
			CHECK_TEXT(buffer_slice(&filtered), rows[i].left);
	}
}

static void the_place_of_the_version_is_told(void)
{
	static const char document[] = "<a xmlns='urn:a' b=' version=' version='' c=''><b version=''/></a>";
	static const char *const filters[] = {INCLUDE("/a/b"), SET("", "")};
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		CLEANUP(buffer_finish) struct buffer filtered;
		size_t version_at = (size_t)(strstr(document, "version=''") - document) + 9;
		buffer_init(&filtered, 65536);
		buffer_text(&filtered, "before");
		CHECK_NUMBER(filter_apply(slice_text(filters[i]), &bob, slice_text(document), &filtered, &version_at),
			     0);
		CHECK(version_at < filtered.length && filtered.data[version_at] == filtered.data[version_at - 1]);
		CHECK(memcmp(filtered.data + version_at - 10, " version=", 9) == 0);
		CHECK(memcmp(filtered.data + version_at + 1, " c=", 3) == 0);
	}
}

static void what_does_not_fit_is_an_error(void)
{
	static const char *const filters[] = {INCLUDE("/a"), SET("", "")};
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++) {
		CLEANUP(buffer_finish) struct buffer filtered;
		size_t version_at = BODY_NO_VERSION;
		buffer_init(&filtered, 30);
		CHECK_NUMBER(filter_apply(slice_text(filters[i]), &bob, slice_text(ALL), &filtered, &version_at),
			     ERR_LIMIT);
	}
	CLEANUP(buffer_finish) struct buffer filtered;
	size_t version_at = BODY_NO_VERSION;
	buffer_init(&filtered, 1000);
	CHECK_NUMBER(filter_apply(SLICE("<x/>"), &bob, slice_text(ALL), &filtered, &version_at), ERR_SYNTAX);
	CHECK_NUMBER(filter_apply(slice_text(INCLUDE("/a")), &bob, SLICE("<a>"), &filtered, &version_at), ERR_SYNTAX);
}

/* --- triggers ----------------------------------------------------------------------------------------------------- */

#define BASIC "/pidf:presence/pidf:tuple/pidf:status/pidf:basic"
#define ONE(id, basic) "<tuple id='" id "'><status><basic>" basic "</basic></status></tuple>"
#define PRIORITY(id, value) "<tuple id='" id "'><status/><contact priority='" value "'>x</contact></tuple>"

static const struct trigger_row {
	const char *what; /* for who reads this */
	const char *filters, *before, *after;
	bool fires;
} trigger_rows[] = {
	{"a change", TRIGGER("<changed>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "closed"), true},
	{"no change", TRIGGER("<changed>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "open") "<note>x</note>",
	 false},
	{"from", TRIGGER("<changed from='open'>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "closed"), true},
	{"from another", TRIGGER("<changed from='closed'>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "closed"),
	 false},
	{"to", TRIGGER("<changed to='CLOSED'>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "closed"), true},
	{"to another", TRIGGER("<changed to='open'>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "closed"), false},
	{"from and to", TRIGGER("<changed from='CLOSED' to='OPEN'>" BASIC "</changed>"), ONE("a", "closed"),
	 ONE("a", "open"), true},
	{"it was so before", TRIGGER("<changed to='open'>" BASIC "</changed>"), ONE("a", "open"), ONE("a", "open"),
	 false},
	{"the order is no change", TRIGGER("<changed>" BASIC "</changed>"), ONE("a", "open") ONE("b", "closed"),
	 ONE("b", "closed") ONE("a", "open"), false},
	{"one of two", TRIGGER("<changed to='open'>" BASIC "</changed>"), ONE("a", "open") ONE("b", "closed"),
	 ONE("b", "open") ONE("a", "open"), true},
	{"one takes the place of another", TRIGGER("<changed to='open'>" BASIC "</changed>"), ONE("server", "closed"),
	 ONE("a-11", "open"), true},
	{"one more is no change", TRIGGER("<changed>" BASIC "</changed>"), ONE("a", "open"),
	 ONE("a", "open") ONE("b", "open"), false},
	{"an element with elements in it", TRIGGER("<changed>//pidf:tuple</changed>"), ONE("a", "open"),
	 ONE("a", "closed"), true},
	{"by enough", TRIGGER("<changed by='0.3'>//@priority</changed>"), PRIORITY("a", "0.5"), PRIORITY("a", "0.2"),
	 true},
	{"by too little", TRIGGER("<changed by='0.4'>//@priority</changed>"), PRIORITY("a", "0.5"),
	 PRIORITY("a", "0.2"), false},
	{"by what is no number", TRIGGER("<changed by='0.4'>//@priority</changed>"), PRIORITY("a", "high"),
	 PRIORITY("a", "0.2"), false},
	{"an attribute of another element", TRIGGER("<changed>//pidf:tuple/@priority</changed>"), PRIORITY("a", "1"),
	 PRIORITY("a", "2"), false},
	{"added", TRIGGER("<added>//pidf:tuple</added>"), ONE("a", "open"), ONE("b", "open") ONE("a", "open"), true},
	{"not added", TRIGGER("<added>//pidf:tuple</added>"), ONE("b", "open") ONE("a", "open"), ONE("a", "closed"),
	 false},
	{"added as it is so now", TRIGGER("<added>//pidf:tuple[pidf:status/pidf:basic='open']</added>"),
	 ONE("a", "closed"), ONE("a", "open"), true},
	{"removed", TRIGGER("<removed>//pidf:note</removed>"), "<note>x</note><note>y</note>", "<note>x</note>", true},
	{"not removed", TRIGGER("<removed>//pidf:note</removed>"), "<note>x</note>", "<note>y</note><note>z</note>",
	 false},
	{"one of two things in a trigger", TRIGGER("<changed to='open'>" BASIC "</changed><added>//pidf:note</added>"),
	 ONE("a", "closed"), ONE("a", "open"), false},
	{"two of two", TRIGGER("<changed to='open'>" BASIC "</changed><added>//pidf:note</added>"), ONE("a", "closed"),
	 ONE("a", "open") "<note>x</note>", true},
	{"one of two triggers",
	 FILTER("<trigger><changed to='open'>" BASIC
		"</changed></trigger><trigger><added>//pidf:note</added></trigger>"),
	 ONE("a", "closed"), ONE("a", "open"), true},
	{"no trigger", INCLUDE("/pidf:note"), ONE("a", "open"), ONE("a", "open"), true},
	{"no filter", SET("", ""), ONE("a", "open"), ONE("a", "open"), true},
	{"not for bob",
	 SET("", "<filter id='1' uri='sip:eve@example.test'><trigger><added>/x</added></trigger></filter>"),
	 ONE("a", "open"), ONE("a", "open"), true},
	{"not enabled", SET("", "<filter id='1' enabled='0'><trigger><added>/x</added></trigger></filter>"),
	 ONE("a", "open"), ONE("a", "open"), true},
	{"what cannot be read is told", "<filter-set", ONE("a", "open"), ONE("a", "open"), true},
	{"what cannot be read is told", TRIGGER("<added>/x</added>"), "<x>", "", true},
};

static bool is_triggered(const struct trigger_row *row, struct buffer *before, struct buffer *after)
{
	buffer_text(before, "<presence" SPACES " entity='sip:bob@example.test'>");
	buffer_text(before, row->before);
	buffer_text(before, "</presence>");
	buffer_text(after, "<presence" SPACES " entity='sip:bob@example.test'>");
	buffer_text(after, row->after);
	buffer_text(after, "</presence>");
	return filter_is_triggered(slice_text(row->filters), &bob, buffer_slice(before), buffer_slice(after));
}

static void what_was_asked_for_is_told(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(trigger_rows); i++) {
		CLEANUP(buffer_finish) struct buffer before;
		CLEANUP(buffer_finish) struct buffer after;
		buffer_init(&before, 65536);
		buffer_init(&after, 65536);
		bool fires = is_triggered(&trigger_rows[i], &before, &after);
		if (fires != trigger_rows[i].fires)
			CHECK_TEXT(slice_text(trigger_rows[i].what), trigger_rows[i].fires ? "fires" : "does not fire");
	}
	CHECK(filter_is_triggered(slice_text(TRIGGER("<added>/x</added>")), &bob, SLICE(""), SLICE("<a/>")));
}

static void expressions_that_cost_much_cost_little(void)
{
	static const char filters[] =
		FILTER("<what><include>//*//*//*//*//*//*//*//*//*//*//*//*//*//*//*//*[*/*/*/*/*/*='x' or "
		       "@a='b']</include></what>"
		       "<trigger><added>//*//*//*//*//*//*//*//*//*//*//*[*//@x]</added></trigger>");
	static const char usable[] =
		FILTER("<what><include>//*//*//*//*//*//*//*//*//*//*//*//*//*//*//*//*[*/*/*/*/*/*='x' or "
		       "@a='b']</include></what>"
		       "<trigger><added>//*//*//*//*//*//*//*//*//*//*//*[*/*/*]</added></trigger>");
	CLEANUP(buffer_finish) struct buffer document;
	CLEANUP(buffer_finish) struct buffer filtered;
	struct body_error error;
	size_t version_at = BODY_NO_VERSION;
	buffer_init(&document, 1 << 20);
	buffer_init(&filtered, 1 << 20);
	buffer_text(&document, "<a>");
	for (unsigned i = 0; i < 400; i++)
		buffer_text(&document,
			    "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a></a>"
			    "</a></a></a></a></a>");
	buffer_text(&document, "</a>");
	CHECK_NUMBER(filter_check(slice_text(filters), &limits, &error), ERR_SYNTAX);
	CHECK_NUMBER(filter_apply(slice_text(usable), &bob, buffer_slice(&document), &filtered, &version_at), 0);
	CHECK(!filter_is_triggered(slice_text(usable), &bob, buffer_slice(&document), buffer_slice(&document)));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_the_rfc_allows_is_accepted", what_the_rfc_allows_is_accepted, TEST_PLAIN},
		{"what_cannot_be_used_is_refused_with_a_sentence", what_cannot_be_used_is_refused_with_a_sentence,
		 TEST_PLAIN},
		{"how_much_may_be_asked_for_is_bounded", how_much_may_be_asked_for_is_bounded, TEST_PLAIN},
		{"what_was_asked_for_is_left", what_was_asked_for_is_left, TEST_PLAIN},
		{"the_filter_that_names_the_resource_most_closely_counts",
		 the_filter_that_names_the_resource_most_closely_counts, TEST_PLAIN},
		{"the_place_of_the_version_is_told", the_place_of_the_version_is_told, TEST_PLAIN},
		{"what_does_not_fit_is_an_error", what_does_not_fit_is_an_error, TEST_PLAIN},
		{"what_was_asked_for_is_told", what_was_asked_for_is_told, TEST_PLAIN},
		{"expressions_that_cost_much_cost_little", expressions_that_cost_much_cost_little, TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
