/* Whole messages against the transactions of a node: what comes in is parsed, matched, answered, repeated and timed
 * out. A zero byte ends a message; each second one comes over TCP. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "transaction/request.h"
#include "transaction/transactions.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int drop_bytes(void *arg, const struct flow *flow, struct slice bytes)
{
	(void)arg;
	if (bytes.length < 12 || !slice_starts_with(bytes, SLICE("SIP/2.0 ")))
		abort(); /* all that a server says is a response */
	return flow->transport == TRANSPORT_TCP ? ERR_CLOSED : 0;
}

static struct slice sent_by(void *arg, const struct flow *flow, char text[ADDRESS_TEXT_SIZE + 256])
{
	(void)arg;
	(void)flow;
	(void)text;
	return SLICE("node.example.test:5060");
}

static int refuse_open(void *arg, enum transport_kind kind, const struct address *peer, struct flow *flow)
{
	(void)arg;
	(void)kind;
	(void)peer;
	(void)flow;
	return ERR_LIMIT;
}

/* By the CSeq number: now, stateless, refused, provisional, or never. */
static void answer(void *arg, struct request *request)
{
	(void)arg;
	unsigned number = sip_message_cseq(&request->message)->number;
	if (request->message.method == SIP_ACK) {
		request_drop(request);
		return;
	}
	if (number % 8 != 7 && request_begin(request) != 0) {
		request_drop(request);
		return;
	}
	switch (number % 8) {
	case 0:
		request_reply(request, 200, NULL);
		break;
	case 1:
		request_reply(request, 180, NULL);
		break;
	case 2:
		break;
	default:
		request_refuse(request, number % 2 ? 400 : 486, "%.*s",
			       SLICE_ARGS(sip_message_call_id(&request->message)));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct transactions_options options = {
		.timing = {500, 4000, 5000},
		.limits = {65535, 16384, 65535, 100},
		.most = 100,
	};
	const struct transaction_sender sender = {drop_bytes, sent_by, refuse_open, NULL};
	struct timers *timers = timers_create(0);
	struct transactions *transactions =
		timers ? transactions_create(timers, NULL, &options, &sender, answer, NULL) : NULL;
	if (!transactions)
		abort();
	struct flow flow = {0};
	(void)address_parse_ip(SLICE("192.0.2.4"), 5060, &flow.peer);
	struct slice rest = slice_of((const char *)data, size);
	while (rest.length > 0) {
		struct slice message = slice_take(&rest, '\0');
		transactions_receive(transactions, &flow, message);
		transactions_end_turn(transactions);
		timers_run(timers, timers_now(timers) + 300);
		flow.transport = flow.transport == TRANSPORT_UDP ? TRANSPORT_TCP : TRANSPORT_UDP;
		flow.connection = flow.transport == TRANSPORT_UDP ? 0 : 1;
	}
	for (int seconds = 0; seconds < 40; seconds++)
		timers_run(timers, timers_now(timers) + 1000);
	transactions_destroy(transactions);
	timers_destroy(timers);
	return 0;
}
