/* Requests as text. SPDX-License-Identifier: MIT */
#include "requests.h"

#include "lists.h"

#include <stdio.h>

enum { HOST_BYTES = 32, URI_BYTES = 160, BODY_BYTES = 640 };

struct in_addr requests_address(const struct operations *operations, unsigned user)
{
	return (struct in_addr){htonl((127u << 24) + (16u << 16) + operations->options.first_user + user)};
}

/* "127.x.y.z:port" */
static void write_host(const struct operations *operations, unsigned user, char host[HOST_BYTES])
{
	struct in_addr address = requests_address(operations, user);
	const uint8_t *octets = (const uint8_t *)&address;
	(void)snprintf(host, HOST_BYTES, "127.%u.%u.%u:%u", octets[1], octets[2], octets[3],
		       endpoint_port(operations->endpoint));
}

static unsigned name_of(const struct operations *operations, unsigned user)
{
	return operations->options.first_user + user;
}

static const char *method_of(enum work work)
{
	if (work_is_message(work))
		return "MESSAGE";
	if (work_is_subscribe(work))
		return "SUBSCRIBE";
	return work_is_publish(work) ? "PUBLISH" : "REGISTER";
}

/* The one to whom the request is, as a URI: a user, or a list by its number. */
static struct slice write_target(const struct operations *operations, const struct operation *operation,
				 char uri[URI_BYTES])
{
	struct slice domain = operations->options.domain;
	bool is_list = operations->options.entries > 0 && work_is_subscribe(operations->run.work);
	unsigned name =
		is_list ? lists_name(operations, operation->subscription) : name_of(operations, operation->receiver);
	int length = snprintf(uri, URI_BYTES, "sip:%s%u@%.*s", is_list ? "list" : "u", name, SLICE_ARGS(domain));
	return slice_of(uri, (size_t)length);
}

static struct slice write_uri(const struct operations *operations, const struct operation *operation,
			      char uri[URI_BYTES])
{
	enum work work = operations->run.work;
	struct slice domain = operations->options.domain;
	/* RFC 3261 §12.2.1.1: within a dialog to the remote target. */
	if (work == WORK_REFRESH)
		return slice_text(operations->subscriptions[operation->subscription].target);
	if (work != WORK_REGISTER)
		return write_target(operations, operation, uri);
	int length = snprintf(uri, URI_BYTES, "sip:%.*s", SLICE_ARGS(domain));
	return slice_of(uri, (size_t)length);
}

static void write_credentials(struct operations *operations, const struct operation *operation, struct slice method,
			      struct slice uri)
{
	if (operation->credentials.nonce[0] == '\0')
		return;
	char name[16];
	int length = snprintf(name, sizeof name, "u%u", name_of(operations, operation->sender));
	struct credentials_request request = {
		.method = method,
		.uri = uri,
		.user = slice_of(name, (size_t)length),
		.realm = operations->options.domain,
		.ha1 = operations->users[operation->sender].ha1,
	};
	credentials_write(&operation->credentials, &request, &operations->text);
}

/* From, To and Call-ID: of the dialog where there is one. A subscription's Call-ID bears its number, by which its
 * NOTIFYs are known. */
static void write_parties(struct operations *operations, const struct operation *operation, const char *host)
{
	struct buffer *text = &operations->text;
	struct slice domain = operations->options.domain;
	bool is_subscribe = work_is_subscribe(operations->run.work);
	char kind = is_subscribe ? 's' : 't';
	unsigned call = is_subscribe ? operation->subscription : operation->call;
	buffer_format(text, "From: <sip:u%u@%.*s>;tag=%c%u\r\n", name_of(operations, operation->sender),
		      SLICE_ARGS(domain), kind, call);
	char room[URI_BYTES];
	buffer_format(text, "To: <%.*s>", SLICE_ARGS(write_target(operations, operation, room)));
	if (operations->run.work == WORK_REFRESH)
		buffer_format(text, ";tag=%s", operations->subscriptions[operation->subscription].remote_tag);
	buffer_format(text, "\r\nCall-ID: %x-%c%u@%s\r\n", operations->nonce_of_process, kind, call, host);
}

static const char *media_type(const struct operations *operations)
{
	return operations->options.event == EVENT_PRESENCE ? "application/pidf+xml"
							   : "application/simple-message-summary";
}

static void write_event(struct operations *operations)
{
	buffer_format(&operations->text, "Event: %s\r\nExpires: 3600\r\n",
		      operations->options.event == EVENT_PRESENCE ? "presence" : "message-summary");
}

/* The publication's number stands in it, so that a watcher sees which one he is told of (watching.c). */
static int write_publication(const struct operations *operations, const struct operation *operation,
			     char body[BODY_BYTES])
{
	struct slice domain = operations->options.domain;
	unsigned name = name_of(operations, operation->receiver);
	unsigned number = operations->users[operation->receiver].published;
	if (operations->options.event == EVENT_MESSAGE_SUMMARY)
		return snprintf(body, BODY_BYTES,
				"Messages-Waiting: yes\r\nMessage-Account: sip:u%u@%.*s\r\n"
				"Voice-Message: %u/2 (0/0)\r\n",
				name, SLICE_ARGS(domain), number);
	return snprintf(body, BODY_BYTES,
			"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
			"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:u%u@%.*s\">\r\n"
			"<tuple id=\"desk%u\"><status><basic>open</basic></status>"
			"<contact priority=\"0.8\">sip:u%u@%.*s</contact>"
			"<note>At the desk, call %u.</note></tuple>\r\n</presence>\r\n",
			name, SLICE_ARGS(domain), name, name, SLICE_ARGS(domain), number);
}

static void write_rest(struct operations *operations, const struct operation *operation, const char *host)
{
	struct buffer *text = &operations->text;
	enum work work = operations->run.work;
	char body[BODY_BYTES];
	int length = 0;
	if (work == WORK_REGISTER || work_is_subscribe(work))
		buffer_format(text, "Contact: <sip:u%u@%s>\r\n", name_of(operations, operation->sender), host);
	if (work == WORK_REGISTER) {
		buffer_append(text, SLICE("Expires: 3600\r\n"));
	} else if (work_is_message(work)) {
		buffer_append(text, SLICE("Content-Type: text/plain\r\n"));
		length = snprintf(body, sizeof body, "This is message number %10u of a run that measures servers.",
				  operation->serial);
	} else if (work_is_subscribe(work)) {
		write_event(operations);
		if (operations->options.entries > 0)
			buffer_append(text, SLICE("Supported: eventlist\r\n"
						  "Accept: multipart/related, application/rlmi+xml\r\n"));
		buffer_format(text, "Accept: %s\r\n", media_type(operations));
	} else {
		const struct user *watched = &operations->users[operation->receiver];
		write_event(operations);
		if (work == WORK_CHANGE)
			buffer_format(text, "SIP-If-Match: %s\r\n", watched->entity_tag);
		buffer_format(text, "Content-Type: %s\r\n", media_type(operations));
		length = write_publication(operations, operation, body);
	}
	buffer_format(text, "Content-Length: %d\r\n\r\n", length);
	buffer_append(text, slice_of(body, (size_t)length));
}

void requests_write(struct operations *operations, const struct operation *operation)
{
	struct buffer *text = &operations->text;
	const char *method = method_of(operations->run.work);
	char host[HOST_BYTES], room[URI_BYTES];
	write_host(operations, operation->sender, host);
	struct slice uri = write_uri(operations, operation, room);
	unsigned slot = (unsigned)(operation - operations->slots);

	buffer_clear(text);
	buffer_format(text, "%s %.*s SIP/2.0\r\n", method, SLICE_ARGS(uri));
	buffer_format(text, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%u.%u.%u;rport\r\nMax-Forwards: 70\r\n", host, slot,
		      operation->serial, operation->cseq);
	write_parties(operations, operation, host);
	buffer_format(text, "CSeq: %u %s\r\n", operation->cseq, method);
	write_credentials(operations, operation, slice_text(method), uri);
	buffer_append(text, SLICE("User-Agent: load\r\n"));
	write_rest(operations, operation, host);
}

void requests_write_options(struct operations *operations)
{
	struct buffer *text = &operations->text;
	struct slice domain = operations->options.domain;
	char host[HOST_BYTES];
	write_host(operations, 0, host);
	unsigned serial = operations->serial++;
	buffer_clear(text);
	buffer_format(text, "OPTIONS sip:%.*s SIP/2.0\r\n", SLICE_ARGS(domain));
	buffer_format(text, "Via: SIP/2.0/UDP %s;branch=z9hG4bKoptions%u;rport\r\nMax-Forwards: 70\r\n", host, serial);
	buffer_format(text, "From: <sip:load@%s>;tag=o%u\r\nTo: <sip:%.*s>\r\n", host, serial, SLICE_ARGS(domain));
	buffer_format(text, "Call-ID: %x-o%u@%s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
		      operations->nonce_of_process, serial, host);
}
