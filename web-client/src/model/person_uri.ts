// Whom a URI means: by the same rule as the server (presence/bodies/identity.h), so that what both tell apart is the
// same. SPDX-License-Identifier: MIT
import { parseAddress, type Address } from './address';

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
/** RFC 3966 §5.1.1: what makes a number readable. */
const TEL_SEPARATORS = /[-.()]/g;
const ICON_PATH = /^\/api\/v1\/icons\/[0-9a-z]{1,128}$/;

/** "sip:", "sips:", "pres:" and "im:" of a user of a domain, or without a scheme; null: nobody one can write to. */
export function addressOfUri(uri: string): Address | null {
  return uri.includes('@') ? parseAddress(uri, '') : null;
}

/** The same text for the same person (RFC 3859 §2): ports, parameters, escapes and a domain's case do not matter. */
export function keyOfAddress(address: Address): string {
  const domain = address.domain.replace(/:[0-9]+$/, '').replace(/\.$/, '');
  return `${address.user}@${domain}`;
}

export function keyOfUri(uri: string): string {
  const address = addressOfUri(uri);
  if (address) return keyOfAddress(address);
  const bare = uri.trim().replace(SCHEME, (scheme) => scheme.toLowerCase());
  return bare.startsWith('tel:') ? bare.replace(/;.*$/, '').replace(TEL_SEPARATORS, '') : bare;
}

/** How somebody is called who has no name: the user alone where he is of our domain. */
export function labelOfUri(uri: string, ownDomain: string): string {
  const address = addressOfUri(uri);
  if (!address) return uri.trim().replace(SCHEME, '');
  return address.domain === ownDomain ? address.user : `${address.user}@${address.domain}`;
}

/**
 * Pictures come from the page's own server alone: whatever host the address names, its path is asked of ours. '': it
 * is none of the server's pictures.
 */
export function ownIcon(url: string): string {
  const path = /^(?:https?:\/\/[^/?#]*)?(\/[^?#]*)$/i.exec(url.trim())?.[1] ?? '';
  return ICON_PATH.test(path) ? path : '';
}
