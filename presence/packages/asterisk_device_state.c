/* asterisk-devicestate: Asterisk's own event (res_pjsip_publish_asterisk), which a PBX publishes for each of its phones
 * that rings, talks or is idle. Nobody subscribes to it: it becomes a dialog of the user that the phone is named after.
 *
 * A PBX has more phones than we have accounts; those that are none of ours are taken note of and nothing more.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/asterisk.h"
#include "presence/packages/asterisk_target.h"
#include "presence/people_state.h"

#include <stdlib.h>
#include <string.h>

/* Asterisk tells changes only, and once: what it said holds until it says something else, or a day. */
enum { GOOD_FOR_S = 24 * 3600, DOCUMENT_MOST = 16384 };

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct asterisk_device_state state;
	(void)arg;
	return people_judged(asterisk_device_state_parse(published->arena, published->body, &state, error), error);
}

/* A state on its way to its user; the texts stand behind it. */
struct applying {
	struct people *people;
	event_applied_fn *applied;
	void *applied_arg;
	bool is_known;
	enum dialog_phase phase;
	enum dialog_direction direction;
	struct slice device, user;
	char bytes[];
};

static void finish(void *arg, int result)
{
	struct applying *application = arg;
	application->applied(application->applied_arg, result);
	free(application);
}

static void write_document(const struct applying *application, struct buffer *body)
{
	struct body_target target = {.user = application->user,
				     .domain = domain_name(application->people->parts->domain)};
	struct buffer entity;
	buffer_init(&entity, 1024);
	body_write_entity(&entity, &target);
	if (buffer_failed(&entity))
		body->failed = true;
	else if (application->is_known) /* else nothing: what was known is removed */
		dialog_info_write_simple(body, buffer_slice(&entity), application->device, application->phase,
					 application->direction);
	buffer_finish(&entity);
}

static void publish(struct applying *application)
{
	struct buffer source, body;
	buffer_init(&source, 1024);
	buffer_init(&body, DOCUMENT_MOST);
	buffer_text(&source, "asterisk ");
	buffer_append(&source, application->device);
	write_document(application, &body);
	if (buffer_failed(&source) || buffer_failed(&body))
		finish(application, ERR_NO_MEMORY);
	else
		publication_put(application->people->events, &dialog_package, application->user, buffer_slice(&source),
				slice_text(dialog_package.accepts[0]), buffer_slice(&body), GOOD_FOR_S, finish,
				application);
	buffer_finish(&source);
	buffer_finish(&body);
}

static void on_user_loaded(void *arg, int result, struct account *account)
{
	struct applying *application = arg;
	(void)account;
	if (result == 0) {
		publish(application);
		return;
	}
	if (result == ERR_NOT_FOUND) {
		log_event(application->people->parts->log, LOG_INFO, "device_state_ignored",
			  &(struct log_context){.aor = application->user},
			  "a PBX spoke of a phone that is named after no account");
		result = 0;
	}
	finish(application, result);
}

static struct applying *application_create(struct people *people, const struct asterisk_device_state *state)
{
	struct applying *application = malloc(sizeof *application + state->device.length + state->user.length);
	if (!application)
		return NULL;
	*application =
		(struct applying){.people = people,
				  .is_known = state->is_known,
				  .phase = state->phase,
				  .direction = state->direction,
				  .device = slice_of(application->bytes, state->device.length),
				  .user = slice_of(application->bytes + state->device.length, state->user.length)};
	memcpy(application->bytes, state->device.at, state->device.length);
	memcpy(application->bytes + state->device.length, state->user.at, state->user.length);
	return application;
}

static void apply(void *arg, const struct published *published, event_applied_fn *applied, void *applied_arg)
{
	struct people *people = arg;
	struct asterisk_device_state state;
	struct body_error error;
	int result = asterisk_device_state_parse(published->arena, published->body, &state, &error);
	if (result != 0 || state.is_refresh || slice_is_empty(state.user)) {
		applied(applied_arg, result);
		return;
	}
	struct applying *application = application_create(people, &state);
	if (!application) {
		applied(applied_arg, ERR_NO_MEMORY);
		return;
	}
	application->applied = applied;
	application->applied_arg = applied_arg;
	if (people_account(people, application->user))
		publish(application);
	else
		accounts_load(people->parts->accounts, application->user, on_user_loaded, application);
}

static const char *const accepts[] = {"application/json", NULL};

const struct event_package asterisk_device_state_package = {
	.name = "asterisk-devicestate",
	.accepts = accepts,
	.is_trusted_only = true,
	.resolve = asterisk_target_resolve,
	.judge = judge,
	.apply = apply,
};
