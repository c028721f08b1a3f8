/* For tests of applications: rows of documents, and what becomes of each. SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "documents/application.h"
#include "test.h"

static const struct xml_limits judged_limits = {.bytes = 65536, .depth = 16, .nodes = 1000};

static inline bool is_taken(void *arg, struct slice user, struct slice service_uri)
{
	(void)arg;
	return slice_equal(user, SLICE("alice")) && slice_equal(service_uri, SLICE("sip:taken@example.test"));
}

struct judged_row {
	const char *text;
	enum document_fault fault;
	const char *words; /* in the sentence */
	const char *field; /* FAULT_UNIQUENESS */
};

static inline void destroy_schemas(struct schemas **schemas)
{
	schemas_destroy(*schemas);
}

/* Documents of alice@example.test. */
static inline void run_rows(const char *id, const struct judged_row *rows, size_t count)
{
	CLEANUP(destroy_schemas) struct schemas *schemas = schemas_create();
	const struct application *application = application_find(slice_text(id));
	const struct document_reader reader = {.is_taken = is_taken};
	const struct document_target target = {.user = SLICE("alice"),
					       .domain = SLICE("example.test"),
					       .name = SLICE("index"),
					       .reader = &reader,
					       .limits = &judged_limits,
					       .schemas = schemas};
	CHECK(schemas && application);
	for (size_t i = 0; i < count; i++) {
		struct document_verdict verdict;
		application_judge(application, slice_text(rows[i].text), &target, &verdict);
		if (verdict.fault != rows[i].fault)
			CHECK_TEXT(slice_text(rows[i].text), verdict.error.sentence);
		CHECK_TEXT(slice_text(verdict.field), rows[i].field ? rows[i].field : "");
		if (rows[i].words && !strstr(verdict.error.sentence, rows[i].words))
			CHECK_TEXT(slice_text(verdict.error.sentence), rows[i].words);
		CHECK((verdict.fault == FAULT_NONE) == (verdict.error.sentence[0] == '\0'));
	}
}
