// Resource list meta-information (RFC 4662 §5): what a NOTIFY says of the entries of a list.
// SPDX-License-Identifier: MIT
import { RLMI } from './spaces';
import { attributeOf, childrenOf, ignored, isTrue, numberOf, readXml } from './xml';

export const RLMI_TYPE = 'application/rlmi+xml';

export interface RlmiInstance {
  id: string;
  state: 'active' | 'pending' | 'terminated';
  reason: string;
  contentId: string; // of the part that tells its state; '' for none
}

export interface RlmiList {
  version: number;
  isFull: boolean; // names all entries
  resources: readonly { uri: string; instances: readonly RlmiInstance[] }[];
}

const STATES: readonly string[] = ['active', 'pending', 'terminated'];

function readInstance(element: Element): RlmiInstance | null {
  const state = attributeOf(element, 'state');
  if (!STATES.includes(state)) return ignored('instance of a list', `its state is ${state}`);
  return {
    id: attributeOf(element, 'id'),
    state: state as RlmiInstance['state'],
    reason: attributeOf(element, 'reason'),
    contentId: attributeOf(element, 'cid').replace(/^cid:/, ''),
  };
}

export function readRlmi(text: string): RlmiList | null {
  const root = readXml(text, RLMI, 'list');
  if (!root) return null;
  const version = numberOf(attributeOf(root, 'version'));
  if (version === null) return ignored('list', 'it has no version');
  const elements = childrenOf(root, RLMI, 'resource').filter((resource) => attributeOf(resource, 'uri') !== '');
  const resources = elements.map((resource) => ({
    uri: attributeOf(resource, 'uri'),
    instances: childrenOf(resource, RLMI, 'instance').flatMap((instance) => readInstance(instance) ?? []),
  }));
  return { version, isFull: isTrue(attributeOf(root, 'fullState')), resources };
}
