/* Runs of untouched bytes, and the stamp on the topmost Via. SPDX-License-Identifier: MIT */
#include "sip/write_run.h"

#include "sip/grammar.h"

void run_flush(struct run *run)
{
	buffer_append(run->buffer, run->pending);
	run->pending.length = 0;
}

void run_add(struct run *run, struct slice piece)
{
	if (piece.length == 0)
		return;
	if (run->pending.length > 0 && run->pending.at + run->pending.length == piece.at) {
		run->pending.length += piece.length;
		return;
	}
	run_flush(run);
	run->pending = piece;
}

/* From `at`, which is inside the line, to the line's end. */
static void add_rest(struct run *run, struct slice line, const char *at)
{
	run_add(run, slice_from(line, (size_t)(at - line.at)));
	/* a message that ended in the middle of a line is answered all the same */
	if (line.length == 0 || line.at[line.length - 1] != '\n') {
		run_flush(run);
		buffer_append(run->buffer, SLICE("\r\n"));
	}
}

void run_add_header(struct run *run, const struct sip_header *header)
{
	add_rest(run, header->line, header->line.at);
}

void run_add_first(struct run *run, const struct sip_message *message, enum sip_header_id id)
{
	const struct sip_header *header = sip_message_header(message, id);
	if (header)
		run_add_header(run, header);
}

void run_add_values(struct run *run, const struct sip_header *header, struct slice rest)
{
	struct slice element;
	if (!sip_list_next(&rest, &element))
		return;
	run_flush(run);
	buffer_append(run->buffer, header->name);
	buffer_append(run->buffer, SLICE(": "));
	add_rest(run, header->line, element.at);
}

/* ---- The topmost Via ---- */

/* Copies the parameters; received goes (ours follows), rport becomes the true one. */
static void stamp_parameters(struct run *run, struct slice parameters, uint16_t port)
{
	bool has_rport = false;
	struct slice name, value;
	const char *start = parameters.at;
	run_flush(run);
	while (grammar_take_parameter(&parameters, &name, &value)) {
		bool is_rport = slice_equal_nocase(name, SLICE("rport"));
		grammar_skip_blanks(&parameters);
		if (is_rport && !has_rport) {
			has_rport = true;
			buffer_append(run->buffer, SLICE(";rport="));
			buffer_number(run->buffer, port);
		} else if (!is_rport && !slice_equal_nocase(name, SLICE("received"))) {
			buffer_byte(run->buffer, ';');
			buffer_append(run->buffer, slice_of(start, (size_t)(parameters.at - start)));
		}
		if (!grammar_take_byte(&parameters, ';'))
			break;
		start = parameters.at;
	}
}

/* The value as it stood, with the truth about where it came from (RFC 3261 §18.2.1, RFC 3581 §4): received where
 * the sent-by is another host or a name, where rport is asked for, and where the sender made one up. */
static void stamp_value(struct run *run, const struct sip_via *via, struct slice value, const struct address *source)
{
	char text[ADDRESS_TEXT_SIZE];
	struct address ip = *source, sent_by;
	struct slice received;
	ip.scope = 0; /* a zone means nothing to others, and received has no place for it */
	bool is_same = address_parse_ip(via->host, 0, &sent_by) && address_same_ip(&sent_by, &ip);
	if (is_same && !via->has_rport && !sip_parameter_find(via->parameters, SLICE("received"), &received)) {
		run_add(run, value);
		return;
	}
	size_t sent_by_end = value.length;
	if (via->parameters.length > 0)
		sent_by_end = (size_t)(via->parameters.at - 1 - value.at);
	run_add(run, slice_of(value.at, sent_by_end));
	stamp_parameters(run, via->parameters, source->port);
	run_flush(run);
	/* RFC 5118 §4.5: both forms are read, but the grammar has no brackets here */
	buffer_append(run->buffer, SLICE(";received="));
	buffer_append(run->buffer, address_write_ip(&ip, false, text));
}

bool run_add_topmost_via(struct run *run, const struct sip_message *message, const struct sip_header *header,
			 const struct address *source)
{
	const struct sip_cached_values *cached = &message->cached;
	struct slice rest = header->value, value;
	struct sip_via parsed;
	const struct sip_via *via = NULL;

	bool has_value = sip_list_next(&rest, &value);
	if (has_value && source && source->family != ADDRESS_NONE) {
		if (cached->via_state > 0 && cached->via.text.at == value.at)
			via = &cached->via;
		else if (sip_via_parse(value, &parsed) == 0)
			via = &parsed;
	}
	if (!via) {
		run_add_header(run, header);
		return has_value;
	}
	run_add(run, slice_of(header->line.at, (size_t)(value.at - header->line.at)));
	stamp_value(run, via, value, source);
	add_rest(run, header->line, value.at + value.length);
	return true;
}
