/* The control socket: requests are read as they are meant, and questions get their answers.
 * SPDX-License-Identifier: MIT */
#include "program/control.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct request_row {
	const char *bytes;
	int result;
	const char *command;
	size_t argument_count;
	const char *last_argument, *text;
};

static const struct request_row request_rows[] = {
	{"status\n", 0, "status", 0, "", ""},
	{"message alice bob\nHello\nthere", 0, "message", 2, "bob", "Hello\nthere"},
	{"message alice bob\n", 0, "message", 2, "bob", ""},
	{"x 1 2 3 4\n", 0, "x", 4, "4", ""},
	{"x 1 2 3 4 5\n", ERR_SYNTAX, "", 0, "", ""},
	{"status", ERR_SYNTAX, "", 0, "", ""},
	{"", ERR_SYNTAX, "", 0, "", ""},
	{"\n", ERR_SYNTAX, "", 0, "", ""},
	{" status\n", ERR_SYNTAX, "", 0, "", ""},
};

static void requests_are_read_as_meant(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(request_rows); i++) {
		const struct request_row *row = &request_rows[i];
		struct control_request request = {0};
		CHECK_NUMBER(control_parse(slice_text(row->bytes), &request), row->result);
		if (row->result < 0)
			continue;
		CHECK_TEXT(request.command, row->command);
		CHECK_NUMBER(request.argument_count, row->argument_count);
		if (row->argument_count > 0)
			CHECK_TEXT(request.arguments[row->argument_count - 1], row->last_argument);
		CHECK_TEXT(request.text, row->text);
	}
}

/* A server on this thread's loop, a client in libuv's thread pool. */
struct world {
	uv_loop_t loop;
	struct control *control;
	char folder[64];
	const char *question;
	struct buffer answer;
	int result;
	struct control_call *kept; /* to be answered later */
	uv_timer_t later;
	uv_work_t work;
};

static void echo(void *arg, struct control_call *call, const struct control_request *request)
{
	(void)arg;
	control_answer(call, true, request->text);
}

static void on_later(uv_timer_t *timer)
{
	struct world *world = timer->data;
	control_answer(world->kept, false, SLICE("too late"));
	uv_close((uv_handle_t *)timer, NULL);
}

static void answer_later(void *arg, struct control_call *call, const struct control_request *request)
{
	struct world *world = arg;
	(void)request;
	world->kept = call;
	world->later.data = world;
	uv_timer_init(&world->loop, &world->later);
	uv_timer_start(&world->later, on_later, 20, 0);
}

static const struct control_command commands[] = {{"echo", 1, echo}, {"later", 0, answer_later}};

static void ask(uv_work_t *work)
{
	struct world *world = work->data;
	world->result = control_ask(world->folder, slice_text(world->question), &world->answer);
}

static void on_control_closed(void *arg)
{
	(void)arg;
}

static void on_asked(uv_work_t *work, int status)
{
	(void)status;
	struct world *world = work->data;
	control_close(world->control, on_control_closed, NULL);
}

/* Asks one question; the answer is in the world, which the caller finishes. */
static bool run_world(struct world *world, const char *question)
{
	char error[CONTROL_ERROR_SIZE] = "";
	*world = (struct world){.folder = "/tmp/heliograph-test-XXXXXX", .question = question};
	buffer_init(&world->answer, CONTROL_ANSWER_MOST);
	if (!mkdtemp(world->folder) || uv_loop_init(&world->loop) != 0)
		return false;
	world->control =
		control_create(&world->loop, NULL, world->folder, commands, ARRAY_SIZE(commands), world, error);
	if (!world->control) {
		printf("%s\n", error);
		return false;
	}
	world->work.data = world;
	if (uv_queue_work(&world->loop, &world->work, ask, on_asked) != 0)
		return false;
	uv_run(&world->loop, UV_RUN_DEFAULT);
	control_destroy(world->control);
	bool closed = uv_loop_close(&world->loop) == 0;
	return rmdir(world->folder) == 0 && closed; /* the socket is gone */
}

struct question_row {
	const char *question;
	int result;
	const char *answer;
};

static const struct question_row question_rows[] = {
	{"echo x\nHello", 0, "Hello"},
	{"echo x\n", 0, ""},
	{"later\n", ERR_CONFIGURATION, "too late"},
	{"echo\nHello", ERR_CONFIGURATION, "wrong number of arguments"},
	{"nothing\n", ERR_CONFIGURATION, "there is no such command"},
	{"echo", ERR_CONFIGURATION, "this is no request"},
};

static void questions_are_answered(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(question_rows); i++) {
		struct world world;
		bool good = run_world(&world, question_rows[i].question);
		bool same = slice_equal(buffer_slice(&world.answer), slice_text(question_rows[i].answer));
		buffer_finish(&world.answer);
		CHECK(good);
		CHECK_NUMBER(world.result, question_rows[i].result);
		CHECK(same);
	}
}

static void a_request_that_is_too_large_is_refused(void)
{
	char *question = malloc(CONTROL_REQUEST_MOST + 4096);
	CHECK(question);
	memset(question, 'x', CONTROL_REQUEST_MOST + 4095);
	memcpy(question, "echo x\n", 7);
	question[CONTROL_REQUEST_MOST + 4095] = '\0';
	struct world world;
	bool good = run_world(&world, question);
	buffer_finish(&world.answer);
	free(question);
	CHECK(good);
	CHECK(world.result < 0);
}

static void without_a_server_there_is_nobody_to_ask(void)
{
	struct buffer answer;
	buffer_init(&answer, 1000);
	CHECK_NUMBER(control_ask("/nowhere", SLICE("status\n"), &answer), ERR_UNREACHABLE);
	CHECK_NUMBER(control_ask("/tmp", SLICE("status\n"), &answer), ERR_UNREACHABLE);
	buffer_finish(&answer);
}

static const struct test tests[] = {
	{"requests_are_read_as_meant", requests_are_read_as_meant, TEST_PLAIN},
	{"questions_are_answered", questions_are_answered, TEST_WITHOUT_OOM},
	{"a_request_that_is_too_large_is_refused", a_request_that_is_too_large_is_refused, TEST_WITHOUT_OOM},
	{"without_a_server_there_is_nobody_to_ask", without_a_server_there_is_nobody_to_ask, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
