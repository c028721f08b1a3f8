/* The server's side of the control socket, on the node's loop. SPDX-License-Identifier: MIT */
#include "program/control.h"

#include "base/error.h"
#include "base/list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 16
#define CALLS_MOST 64

struct control {
	uv_pipe_t listener;
	struct log *log;
	struct list_link calls;
	size_t call_count;
	const struct control_command *commands;
	size_t command_count;
	void *arg;
	int folder; /* the state folder; the socket is named through it, however long its path */
	bool closing, listener_closed;
	void (*on_done)(void *arg);
	void *done_arg;
};

struct control_call {
	struct list_link link;
	struct control *control; /* NULL: the control is gone */
	uv_pipe_t pipe;
	uv_write_t write;
	struct buffer request, answer;
	bool handled; /* with its handler: the memory stays until control_answer */
	bool closed;  /* the pipe is */
};

int control_parse(struct slice bytes, struct control_request *request)
{
	if (slice_find(bytes, '\n') == bytes.length)
		return ERR_SYNTAX;
	struct control_request parsed = {.text = bytes};
	struct slice line = slice_take(&parsed.text, '\n');
	parsed.command = slice_take(&line, ' ');
	while (!slice_is_empty(line)) {
		if (parsed.argument_count == CONTROL_ARGUMENTS)
			return ERR_SYNTAX;
		parsed.arguments[parsed.argument_count++] = slice_take(&line, ' ');
	}
	if (slice_is_empty(parsed.command))
		return ERR_SYNTAX;
	*request = parsed;
	return 0;
}

/* --- one call --- */

static void finish_if_done(struct control *control)
{
	if (control->closing && control->listener_closed && list_is_empty(&control->calls))
		control->on_done(control->done_arg);
}

static void free_call(struct control_call *call)
{
	buffer_finish(&call->request);
	buffer_finish(&call->answer);
	free(call);
}

static void on_call_closed(uv_handle_t *handle)
{
	struct control_call *call = handle->data;
	struct control *control = call->control;
	call->closed = true;
	list_remove(&call->link);
	control->call_count--;
	call->control = NULL;
	if (!call->handled)
		free_call(call);
	finish_if_done(control);
}

static void end_call(struct control_call *call)
{
	if (!uv_is_closing((uv_handle_t *)&call->pipe))
		uv_close((uv_handle_t *)&call->pipe, on_call_closed);
}

static void on_written(uv_write_t *write, int status)
{
	(void)status; /* whoever asked and went away need not be told */
	end_call(write->data);
}

void control_answer(struct control_call *call, bool good, struct slice text)
{
	call->handled = false;
	if (call->closed) {
		free_call(call);
		return;
	}
	if (uv_is_closing((uv_handle_t *)&call->pipe))
		return;
	buffer_text(&call->answer, good ? "ok\n" : "error\n");
	buffer_append(&call->answer, text);
	if (buffer_failed(&call->answer)) {
		end_call(call);
		return;
	}
	uv_buf_t part = uv_buf_init(call->answer.data, (unsigned)call->answer.length);
	call->write.data = call;
	if (uv_write(&call->write, (uv_stream_t *)&call->pipe, &part, 1, on_written) != 0)
		end_call(call);
}

static void refuse(struct control_call *call, const char *sentence)
{
	call->handled = true;
	control_answer(call, false, slice_text(sentence));
}

/* The client has said everything. */
static void handle(struct control_call *call)
{
	struct control *control = call->control;
	struct control_request request;
	if (control_parse(buffer_slice(&call->request), &request) < 0) {
		refuse(call, "this is no request");
		return;
	}
	for (size_t i = 0; i < control->command_count; i++) {
		const struct control_command *command = &control->commands[i];
		if (!slice_equal(slice_text(command->name), request.command))
			continue;
		if (command->argument_count != request.argument_count) {
			refuse(call, "wrong number of arguments");
			return;
		}
		call->handled = true;
		command->handle(control->arg, call, &request);
		return;
	}
	refuse(call, "there is no such command");
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *part)
{
	(void)suggested;
	struct control_call *call = handle->data;
	char *room = buffer_reserve(&call->request, 4096);
	*part = uv_buf_init(room, room ? 4096 : 0);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *part)
{
	(void)part;
	struct control_call *call = stream->data;
	if (count > 0) {
		call->request.length += (size_t)count;
	} else if (count == UV_EOF) {
		uv_read_stop(stream);
		handle(call);
	} else if (count < 0) {
		uv_read_stop(stream);
		/* UV_ENOBUFS: larger than anything that we understand */
		if (count == UV_ENOBUFS)
			refuse(call, "the request is too large");
		else
			end_call(call);
	}
}

static void on_connection(uv_stream_t *listener, int status)
{
	struct control *control = listener->data;
	struct control_call *call = status == 0 ? calloc(1, sizeof(*call)) : NULL;
	if (!call)
		return;
	buffer_init(&call->request, CONTROL_REQUEST_MOST);
	buffer_init(&call->answer, CONTROL_ANSWER_MOST);
	call->control = control;
	if (uv_pipe_init(listener->loop, &call->pipe, 0) != 0) {
		free_call(call);
		return;
	}
	call->pipe.data = call;
	list_append(&control->calls, &call->link);
	control->call_count++;
	if (uv_accept(listener, (uv_stream_t *)&call->pipe) != 0 || control->call_count > CALLS_MOST ||
	    uv_read_start((uv_stream_t *)&call->pipe, on_allocate, on_read) != 0)
		end_call(call);
}

/* --- the socket --- */

/* /proc/self/fd/N/control.sock: a socket's own path may have 107 bytes only, the state folder's any number. */
static void socket_path(int folder, char path[64])
{
	snprintf(path, 64, "/proc/self/fd/%d/control.sock", folder);
}

static int listen_on(struct control *control)
{
	char path[64];
	socket_path(control->folder, path);
	unlink(path);
	mode_t before = umask(0177);
	int result = uv_pipe_bind(&control->listener, path);
	umask(before);
	if (result == 0)
		result = uv_listen((uv_stream_t *)&control->listener, BACKLOG, on_connection);
	return result;
}

static void on_failed_listener_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;
	close(control->folder);
	free(control);
}

struct control *control_create(uv_loop_t *loop, struct log *log, const char *state,
			       const struct control_command *commands, size_t command_count, void *arg,
			       char error[CONTROL_ERROR_SIZE])
{
	struct control *control = calloc(1, sizeof(*control));
	int result = control ? 0 : ERR_NO_MEMORY;
	if (control) {
		*control =
			(struct control){.log = log, .commands = commands, .command_count = command_count, .arg = arg};
		list_init(&control->calls);
		control->folder = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = control->folder < 0 ? -errno : uv_pipe_init(loop, &control->listener, 0);
	}
	if (result == 0) {
		control->listener.data = control;
		result = listen_on(control);
		if (result == 0)
			return control;
		uv_close((uv_handle_t *)&control->listener, on_failed_listener_closed);
	} else if (control) {
		if (control->folder >= 0)
			close(control->folder);
		free(control);
	}
	snprintf(error, CONTROL_ERROR_SIZE, "%.300s/control.sock: %s", state, error_text(result));
	return NULL;
}

static void on_listener_closed(uv_handle_t *handle)
{
	struct control *control = handle->data;
	control->listener_closed = true;
	finish_if_done(control);
}

void control_close(struct control *control, void (*on_done)(void *arg), void *arg)
{
	char path[64];
	control->closing = true;
	control->on_done = on_done;
	control->done_arg = arg;
	socket_path(control->folder, path);
	unlink(path);
	uv_close((uv_handle_t *)&control->listener, on_listener_closed);
	for (struct list_link *link = control->calls.next; link != &control->calls; link = link->next)
		end_call(CONTAINER_OF(link, struct control_call, link));
}

void control_destroy(struct control *control)
{
	if (!control)
		return;
	close(control->folder);
	free(control);
}
