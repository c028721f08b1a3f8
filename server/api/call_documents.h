/* A user's documents in a request to the API: held while it is answered, or changed as its conditions allow.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "api/call.h"
#include "presence/document_store.h"

/* Goes on while the user's documents are in memory, in which the call is to be answered; 404 where there is no such
 * account. */
typedef void api_user_fn(struct api_call *call, struct slice user);
void call_with_documents(struct api_call *call, struct slice user, api_user_fn *go_on);

/* Appends what is to be in place of `before` (empty: nothing was there) to `after`: 0; ERR_SYNTAX (400), ERR_NOT_FOUND
 * (404), ERR_EXISTS (409), ERR_LIMIT (413), with a sentence; ERR_NO_MEMORY. */
typedef int api_edit_fn(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error);
/* Answers, after the commit; `document` may be NULL where nothing had to be written. */
typedef void api_changed_fn(struct api_call *call, const struct document *document);
/* Changes the document in its turn, where If-Match and If-None-Match hold (412). */
void call_change_document(struct api_call *call, struct slice user, const char *application, const char *name,
			  api_edit_fn *edit, api_changed_fn *changed);
