// The buddy list and the rules of who may see one's presence. SPDX-License-Identifier: MIT
import { PortError, type Api, type Buddy, type BuddyGroup, type Decision } from '../model/ports';
import { fieldsOf, listOf, oneOf, optionalOf, optionalText, textOf } from './fields';
import { jsonOf, segment, type Ask, type Outgoing } from './request';

type ListsApi = Pick<Api, 'buddies' | 'addBuddy' | 'changeBuddy' | 'removeBuddy' | 'addGroup' | 'renameGroup' |
  'removeGroup' | 'rules' | 'decide'>;

const DECISIONS: readonly Decision[] = ['allow', 'block', 'polite-block', 'confirm'];

export function createListsApi(ask: Ask, base: string): ListsApi {
  const buddy = (uri: string): string => `${base}/buddies/${segment(uri)}`;
  const group = (name: string): string => `${base}/groups/${segment(name)}`;
  return {
    async buddies() {
      const fields = fieldsOf(jsonOf(await ask({ method: 'GET', path: `${base}/buddies` })));
      return { groups: listOf(fields, 'groups', readGroup), buddies: listOf(fields, 'buddies', readBuddy) };
    },
    async addBuddy({ uri, name, groups }) {
      const json = { uri, name: name || null, ...(groups.length > 0 ? { groups } : {}) };
      await ask({ method: 'POST', path: `${base}/buddies`, json });
    },
    async changeBuddy(uri, { name, groups }) {
      const json = { ...(name === undefined ? {} : { name: name || null }), ...(groups ? { groups } : {}) };
      await askExisting(ask, { method: 'PUT', path: buddy(uri), json });
    },
    async removeBuddy(uri) {
      await askExisting(ask, { method: 'DELETE', path: buddy(uri) });
    },
    async addGroup({ name, displayName }) {
      await ask({ method: 'POST', path: `${base}/groups`, json: { name, display_name: displayName || null } });
    },
    async renameGroup(name, displayName) {
      await askExisting(ask, { method: 'PUT', path: group(name), json: { display_name: displayName || null } });
    },
    async removeGroup(name) {
      await askExisting(ask, { method: 'DELETE', path: group(name) });
    },
    async rules() {
      return listOf(fieldsOf(jsonOf(await ask({ method: 'GET', path: `${base}/rules` }))), 'rules', readRule);
    },
    async decide(watcher, decision) {
      await ask({ method: 'PUT', path: `${base}/rules/${segment(watcher)}`, json: { presence: decision } });
    },
  };
}

/** What was in the list when the page was drawn, and is gone, was removed by another device. */
async function askExisting(ask: Ask, outgoing: Outgoing): Promise<void> {
  try {
    await ask(outgoing);
  } catch (error) {
    if (!(error instanceof PortError) || error.problem.kind !== 'no-such-user') throw error;
    throw new PortError({ kind: 'changed', detail: error.problem.detail });
  }
}

function readName(value: unknown): string {
  return textOf({ name: value }, 'name');
}

function readGroup(value: unknown): BuddyGroup {
  const fields = fieldsOf(value, 'groups');
  return { name: textOf(fields, 'name'), displayName: optionalText(fields, 'display_name') };
}

function readBuddy(value: unknown): Buddy {
  const fields = fieldsOf(value, 'buddies');
  return { uri: textOf(fields, 'uri'), name: optionalText(fields, 'name'), groups: listOf(fields, 'groups', readName) };
}

function readRule(value: unknown): { watcher: string; presence: Decision | null } {
  const fields = fieldsOf(value, 'rules');
  const presence = optionalOf(fields, 'presence', () => oneOf(fields, 'presence', DECISIONS));
  return { watcher: textOf(fields, 'watcher'), presence };
}
