/* Talking to a server that runs, through the Unix socket control.sock in its state folder (mode 0600).
 *
 *   →  status\n
 *   ←  ok\n<lines>
 *   →  message alice bob\n<text>
 *   ←  ok\n<what became of it>   or   error\n<why not>
 *
 * One request a connection: a line with the command and its arguments, then a text; the client ends its half, the
 * server answers and closes. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/slice.h"

#include <stdbool.h>
#include <uv.h>

#define CONTROL_ERROR_SIZE 512
#define CONTROL_ARGUMENTS 4
/* Largest request, largest answer. */
#define CONTROL_REQUEST_MOST 131072
#define CONTROL_ANSWER_MOST (16u << 20)

struct control;
struct control_call; /* one request, until it is answered */

struct control_request {
	struct slice command;
	struct slice arguments[CONTROL_ARGUMENTS];
	size_t argument_count;
	struct slice text;
};

/* ERR_SYNTAX: no line, or too many words in it. Pure. */
MUST_CHECK int control_parse(struct slice bytes, struct control_request *request);

/* The request is good until control_answer, which may come at once or later. */
typedef void control_handler_fn(void *arg, struct control_call *call, const struct control_request *request);

struct control_command {
	const char *name;
	size_t argument_count;
	control_handler_fn *handle;
};

/* Listens; a socket that a killed server left is replaced. `commands` is borrowed. NULL with the sentence in `error`.
 */
struct control *control_create(uv_loop_t *loop, struct log *log, const char *state,
			       const struct control_command *commands, size_t command_count, void *arg,
			       char error[CONTROL_ERROR_SIZE]);
/* Stops listening and drops what is unanswered; calls that are still with their handlers become dead: control_answer
 * only frees them. `on_done` runs when all handles are closed. */
void control_close(struct control *control, void (*on_done)(void *arg), void *arg);
void control_destroy(struct control *control);

/* Once for each call. */
void control_answer(struct control_call *call, bool good, struct slice text);

/* The client's side; blocks. `answer` gets the text; ERR_UNREACHABLE: no server runs there; ERR_SYNTAX: an answer that
 * is none; ERR_CONFIGURATION: the server said `error`, and the text is why. */
MUST_CHECK int control_ask(const char *state, struct slice request, struct buffer *answer);
