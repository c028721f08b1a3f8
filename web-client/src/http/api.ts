// The server's HTTP side as the model asks for it: the JSON API (docs/openapi.yaml), and the one XCAP document that is
// read and written as a whole, the chosen status. SPDX-License-Identifier: MIT
import { addressToUri, type Address } from '../model/address';
import { PortError, type Api, type ChosenStatus } from '../model/ports';
import { readOwnStatus, writeOwnStatus } from '../sip/bodies/own_status_document';
import { fieldsOf, textOf } from './fields';
import { createHistoryApi } from './history';
import { createListsApi } from './lists';
import { createAsk, jsonOf, segment, type Ask } from './request';
import { API, createSessionsApi } from './sessions';

export interface ApiParts {
  address: Address;
  secret: string; // of the session
  origin: string; // of the page: "https://chat.example.org"
  /** The server does not take the session any more; each request that is refused for it says so. */
  onSessionEnded(): void;
  ask?: Ask;
}

export function createApi({ address, secret, origin, onSessionEnded, ask: given }: ApiParts): Api {
  const digest = given ?? createAsk({ user: address.user, secret });
  const ask: Ask = async (outgoing) => {
    try {
      return await digest(outgoing);
    } catch (error) {
      if (error instanceof PortError && error.problem.kind === 'session-ended') onSessionEnded();
      throw error;
    }
  };
  const base = `${API}/users/${segment(address.user)}`;
  return {
    ...createSessionsApi(ask, base),
    ...createHistoryApi(ask, base),
    ...createListsApi(ask, base),
    ...createStatusApi(ask, address),
    async saveIcon(picture) {
      const answer = await ask({
        method: 'PUT', path: `${base}/icon`, body: picture, headers: { 'Content-Type': picture.type },
      });
      // Whole, since it is told to others who came from elsewhere.
      return new URL(textOf(fieldsOf(jsonOf(answer)), 'path'), origin).href;
    },
    async removeIcon() {
      await ask({ method: 'DELETE', path: `${base}/icon` });
    },
  };
}

/** RFC 4827; a document that another device has written meanwhile is not written over (RFC 4825 §7.11). */
function createStatusApi(ask: Ask, address: Address): Pick<Api, 'chosenStatus' | 'chooseStatus'> {
  const user = addressToUri(address).replace(/[^\w.~:@-]/g, segment);
  const path = `/xcap/pidf-manipulation/users/${user}/status`;
  let etag: string | null = null; // of the document as it was seen last; '' where there was none; null: not looked yet
  const read = async (): Promise<ChosenStatus | null> => {
    try {
      const answer = await ask({ method: 'GET', path });
      etag = answer.etag;
      return readOwnStatus(answer.body);
    } catch (error) {
      if (!(error instanceof PortError) || error.problem.kind !== 'no-such-user') throw error;
      etag = '';
      return null;
    }
  };
  return {
    chosenStatus: read,
    async chooseStatus(status) {
      if (etag === null) await read();
      const condition: Record<string, string> = etag ? { 'If-Match': etag } : { 'If-None-Match': '*' };
      const headers = { 'Content-Type': 'application/pidf+xml', ...condition };
      const body = writeOwnStatus(addressToUri(address), status);
      etag = null; // what it is now is known only by the answer
      etag = (await ask({ method: 'PUT', path, body, headers })).etag || null;
    },
  };
}
