// Conversations and their messages, out of the server's history. SPDX-License-Identifier: MIT
import type { Api, MessagePage, StoredConversation, StoredMessage } from '../model/ports';
import { countOf, dateOf, fieldsOf, flagOf, idOf, listOf, oneOf, optionalOf, optionalText, textOf } from './fields';
import { jsonOf, query, segment, type Ask } from './request';

type HistoryApi = Pick<Api, 'conversations' | 'conversation' | 'messages' | 'search' | 'markRead'>;

/** `base` is the path of the user: /api/v1/users/alice. */
export function createHistoryApi(ask: Ask, base: string): HistoryApi {
  const path = (peer: string): string => `${base}/conversations/${segment(peer)}`;
  return {
    async conversations() {
      const all: StoredConversation[] = [];
      for (let before: string | undefined; ; ) {
        const range = query({ limit: CONVERSATIONS, before });
        const page = await ask({ method: 'GET', path: `${base}/conversations${range}` });
        const fields = fieldsOf(jsonOf(page));
        all.push(...listOf(fields, 'conversations', readConversation));
        before = optionalText(fields, 'next');
        if (!before) return all;
      }
    },
    async conversation(peer) {
      return readConversation(jsonOf(await ask({ method: 'GET', path: path(peer) })));
    },
    async messages(peer, range) {
      return readPage(jsonOf(await ask({ method: 'GET', path: `${path(peer)}/messages${query(range)}` })));
    },
    async search(words, { peer, ...range }) {
      const parameters = query({ search: words, with: peer, ...range });
      return readPage(jsonOf(await ask({ method: 'GET', path: `${base}/messages${parameters}` })));
    },
    async markRead(peer, id) {
      await ask({ method: 'PUT', path: `${path(peer)}/read`, json: { id } });
    },
  };
}

/** How many the list comes in at once; the rest follows. */
const CONVERSATIONS = 200;

function readConversation(value: unknown): StoredConversation {
  const fields = fieldsOf(value);
  return {
    peer: textOf(fields, 'peer'),
    unread: countOf(fields, 'unread'),
    readId: idOf(fields, 'read_id'),
    last: optionalOf(fields, 'last', readMessage),
  };
}

function readPage(value: unknown): MessagePage {
  const fields = fieldsOf(value);
  return { messages: listOf(fields, 'messages', readMessage), hasMore: flagOf(fields, 'more') };
}

function readMessage(value: unknown): StoredMessage {
  const fields = fieldsOf(value);
  return {
    id: idOf(fields, 'id'),
    peer: textOf(fields, 'peer'),
    direction: oneOf(fields, 'direction', ['sent', 'received']),
    at: optionalOf(fields, 'at', () => dateOf(fields, 'at')) ?? new Date(0),
    kind: oneOf(fields, 'kind', ['text', 'receipt', 'other']),
    text: optionalText(fields, 'text'),
    messageId: optionalText(fields, 'message_id'),
    wants: listOf(fields, 'wants', readWanted).filter((one) => one !== null),
    state: fields['state'] === 'kept' ? 'kept' : 'delivered',
    receipt: optionalOf(fields, 'receipt', readReceipt),
    contentType: optionalText(fields, 'content_type'),
    callId: textOf(fields, 'call_id'),
    cseq: countOf(fields, 'cseq'),
  };
}

/** What a sender may ask for grows with time: what we do not know is left out. */
function readWanted(value: unknown): 'delivery' | 'display' | null {
  return value === 'delivery' || value === 'display' ? value : null;
}

function readReceipt(value: unknown): StoredMessage['receipt'] {
  const fields = fieldsOf(value, 'receipt');
  return { of: textOf(fields, 'of'), status: oneOf(fields, 'status', ['delivered', 'displayed', 'failed']) };
}
