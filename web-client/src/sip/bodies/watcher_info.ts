// Who watches (RFC 3858), whole or what has changed. SPDX-License-Identifier: MIT
import type { Watcher, WatchersUpdate } from '../../model/ports';
import { WATCHER_INFO } from './spaces';
import { attributeOf, childrenOf, ignored, numberOf, readXml, textOf } from './xml';

export const WATCHER_INFO_TYPE = 'application/watcherinfo+xml';

const STATUSES: readonly string[] = ['pending', 'waiting', 'active', 'terminated'];

function readWatcher(element: Element): Watcher | null {
  const [id, status, uri] = [attributeOf(element, 'id'), attributeOf(element, 'status'), textOf(element, 2000)];
  if (id === '' || uri === '' || !STATUSES.includes(status)) return ignored('watcher', `${id}, ${uri}, ${status}`);
  const displayName = attributeOf(element, 'display-name').slice(0, 100);
  return { id, uri, displayName, status: status as Watcher['status'] };
}

/** Of watchers of presence; lists for other packages are left out. */
export function readWatcherInfo(text: string): (WatchersUpdate & { version: number }) | null {
  const root = readXml(text, WATCHER_INFO, 'watcherinfo');
  if (!root) return null;
  const version = numberOf(attributeOf(root, 'version'));
  if (version === null) return ignored('watcherinfo', 'it has no version');
  const lists = childrenOf(root, WATCHER_INFO, 'watcher-list').filter(
    (list) => attributeOf(list, 'package') === 'presence');
  const watchers = lists.flatMap((list) => childrenOf(list, WATCHER_INFO, 'watcher'));
  return {
    version,
    isFull: attributeOf(root, 'state') === 'full',
    watchers: watchers.flatMap((watcher) => readWatcher(watcher) ?? []),
  };
}
