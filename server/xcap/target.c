/* Targets: read, and written. SPDX-License-Identifier: MIT */
#include "xcap/target.h"

#include "base/error.h"
#include "core/http_target.h"
#include "xcap/uri.h"

static unsigned refuse(struct body_error *error, unsigned status, const char *sentence)
{
	body_complain(error, "%s", sentence);
	return status;
}

/* Those who write "no such form" know better what is wrong than a status does. */
static unsigned status_of(int result, unsigned status, struct body_error *error)
{
	if (result == 0)
		return 0;
	return result == ERR_SYNTAX ? status : refuse(error, 503, "There is no memory for it now");
}

static unsigned read_document(struct arena *arena, struct slice domain, struct target *target, struct body_error *error)
{
	target->application = application_find(target->path.application);
	if (!target->application)
		return refuse(error, 404,
			      "This server does not know that application: xcap-caps/global/index names "
			      "those it knows");
	if (!target->path.is_global && !document_path_user(arena, target->path.xui, domain, &target->user))
		return refuse(error, 404, "The path names no user of this server");
	if (target->application->is_read_only && !target_is_made(target))
		return refuse(error, 404, "Of this application there is only the document global/index");
	/* What is "index" by RFC 5025 §9.7 has another name by OMA's XDM, and is the same document. */
	if (slice_equal(target->path.application, SLICE("org.openmobilealliance.pres-rules")) &&
	    slice_equal(target->path.name, SLICE("pres-rules")))
		target->path.name = SLICE("index");
	if (slice_is_empty(target->path.name))
		return refuse(error, 404, "This is a folder: a document has a name behind it");
	return 0;
}

unsigned target_read(struct arena *arena, struct slice path, struct slice query, struct slice domain,
		     struct target *target, struct body_error *error)
{
	*target = (struct target){.user = SLICE("")};
	if (!slice_starts_with(path, SLICE(XCAP_ROOT)))
		return refuse(error, 404, "The path is not below " XCAP_ROOT);
	path = slice_from(path, sizeof XCAP_ROOT - 1);
	unsigned status = status_of(document_path_read(arena, path, &target->path, error), 404, error);
	if (status == 0)
		status = read_document(arena, domain, target, error);
	if (status == 0 && target->path.has_selector)
		status = status_of(selector_read(arena, target->path.selector, query,
						 slice_text(target->application->default_space), &target->selector,
						 error),
				   400, error);
	return status;
}

/* A ';' that begins what may have been a reference: an '&' stands nowhere else in a value (XML 1.0 §2.3). */
static bool begins_reference(struct slice rest)
{
	static const char *const names[] = {"amp;", "lt;", "gt;", "quot;", "apos;"};
	if (rest.length > 0 && rest.at[0] == '#')
		return slice_find(rest, ';') < rest.length;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (slice_starts_with(rest, slice_text(names[i])))
			return true;
	return false;
}

const char *target_doubt(const struct target *target)
{
	const struct document_path *path = &target->path;
	bool has_space = slice_find(path->name, ' ') < path->name.length;
	if (has_space || slice_find(path->name, ';') < path->name.length || http_target_is_doubtful(path->xui))
		return "It cannot be seen whether the path has a space or '+', ';' or '&': with a token '+' and '&' "
		       "are escaped (%2B, %26), and names have neither spaces nor ';'";
	for (size_t i = 0; i < path->selector.length; i++)
		if (path->selector.at[i] == ' ' ||
		    (path->selector.at[i] == ';' && begins_reference(slice_from(path->selector, i + 1))))
			return "It cannot be seen whether the node selector has a space or '+', ';' or '&': with a "
			       "token '+' and '&' are escaped (%2B, %26), and a space is &#32; (%26%2332%3B)";
	return NULL;
}

bool target_is_made(const struct target *target)
{
	return target->application->is_read_only && target->path.is_global &&
	       slice_equal(target->path.name, SLICE("index"));
}

const char *target_allowed(const struct target *target)
{
	/* RFC 4825 §7.10: namespace bindings can only be read. */
	bool is_namespaces = target->path.has_selector && target->selector.kind == SELECTS_NAMESPACES;
	return is_namespaces || target_is_made(target) ? "GET, HEAD" : "GET, HEAD, PUT, DELETE";
}

void target_write_ancestor(const struct target *target, const struct http_request *request, bool has_document,
			   size_t steps, struct buffer *buffer)
{
	const struct document_path *path = &target->path;
	if (!slice_is_empty(request->host)) {
		buffer_text(buffer, request->is_secure ? "https://" : "http://");
		buffer_append(buffer, request->host);
	}
	buffer_text(buffer, XCAP_ROOT);
	uri_write_path(buffer, path->application);
	buffer_text(buffer, path->is_global ? "/global" : "/users/");
	uri_write_path(buffer, path->xui);
	if (!has_document)
		return;
	buffer_text(buffer, "/");
	uri_write_path(buffer, path->name);
	if (steps == 0)
		return;
	buffer_text(buffer, "/~~/");
	uri_write_path(buffer, uri_first_steps(path->selector, steps));
}
