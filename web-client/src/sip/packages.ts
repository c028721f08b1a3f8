// The event packages that the page watches: what is asked for, and what its bodies mean. SPDX-License-Identifier: MIT
import type {
  ConversationsUpdate, DocumentTags, MailboxState, PeopleUpdate, Presence, WatchersUpdate,
} from '../model/ports';
import { CONVERSATIONS_TYPE, readConversations } from './bodies/conversations';
import { MESSAGE_SUMMARY_TYPE, readMessageSummary } from './bodies/message_summary';
import { PIDF_TYPE, readPidf } from './bodies/pidf';
import { RLMI_TYPE } from './bodies/rlmi';
import { WATCHER_INFO_TYPE, readWatcherInfo } from './bodies/watcher_info';
import { XCAP_DIFF_TYPE, applyXcapDiff } from './bodies/xcap_diff';
import { PeopleState } from './people';
import type { EventPackage } from './subscription';
import { Versions } from './versions';

/** One whose bodies are whole, each by itself. */
function wholePackage<State>(
  event: string, target: string, accept: string, read: (body: string) => State | null, onUpdate: (state: State) => void,
): EventPackage {
  return {
    event, target, accept,
    onBody(_contentType, body) {
      const state = read(body);
      if (state !== null) onUpdate(state);
      return true;
    },
  };
}

/** `list` is the address of one's own list (docs/operating.md, "Lists"). */
export function peoplePackage(list: string, onUpdate: (update: PeopleUpdate) => void): EventPackage {
  const state = new PeopleState(onUpdate);
  return {
    event: 'presence',
    target: list,
    accept: `multipart/related, ${RLMI_TYPE}, ${PIDF_TYPE}`,
    headers: ['Supported: eventlist'], // RFC 4662 §4.1
    onBody: (contentType, body) => state.take(contentType, body),
  };
}

export function oneselfPackage(self: string, onUpdate: (presence: Presence) => void): EventPackage {
  return wholePackage('presence', self, PIDF_TYPE, readPidf, onUpdate);
}

export function watchersPackage(self: string, onUpdate: (update: WatchersUpdate) => void): EventPackage {
  const versions = new Versions();
  return {
    event: 'presence.winfo',
    target: self,
    accept: WATCHER_INFO_TYPE,
    onBody(_contentType, body) {
      const read = readWatcherInfo(body);
      if (!read) return true;
      const { version, ...update } = read;
      const order = versions.take(update.isFull, version);
      if (order === 'next') onUpdate(update);
      return order !== 'gap';
    },
  };
}

export function mailboxPackage(self: string, onUpdate: (state: MailboxState) => void): EventPackage {
  return wholePackage('message-summary', self, MESSAGE_SUMMARY_TYPE, readMessageSummary, onUpdate);
}

export function documentsPackage(self: string, onUpdate: (tags: DocumentTags) => void): EventPackage {
  let tags: DocumentTags = new Map();
  return {
    event: 'xcap-diff',
    target: self,
    accept: XCAP_DIFF_TYPE,
    onBody(_contentType, body, isWhole) {
      const after = applyXcapDiff(isWhole ? new Map() : tags, body);
      if (after) onUpdate((tags = after));
      return true;
    },
  };
}

export function conversationsPackage(self: string, onUpdate: (update: ConversationsUpdate) => void): EventPackage {
  return wholePackage('heliograph-conversations', self, CONVERSATIONS_TYPE, readConversations, onUpdate);
}
