// Addresses of people: what somebody types, what a SIP URI says, and how it is shown. No DOM, no SIP library.
// SPDX-License-Identifier: MIT

export interface Address {
  user: string; // unescaped
  domain: string; // lower case; a port, where there is one, belongs to it
}

/** RFC 3261 §25.1: what may stand in the user part as it is; encodeURIComponent already leaves the "mark"s alone. */
const USER_UNRESERVED = /%(?:26|3D|2B|24|2C|3B|3F|2F)/g;
const DOMAIN = /^(?:\[[0-9a-f:.]+\]|[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?)\.?(?::[0-9]{1,5})?$/u;

/**
 * Reads `alice`, `alice@example.org`, `sip:alice@example.org;transport=ws` or `Alice <sip:alice@example.org>`.
 * Without a domain it is one of `domain`. Null: it is no address.
 */
export function parseAddress(text: string, domain: string): Address | null {
  const bracketed = /<([^<>]*)>\s*$/.exec(text);
  const bare = (bracketed?.[1] ?? text).trim().replace(/^(?:sips?|im|pres):/i, '');
  const at = bare.lastIndexOf('@');
  const user = at < 0 ? bare : bare.slice(0, at);
  // Parameters and headers of the URI are not part of who it is.
  const host = (at < 0 ? domain : bare.slice(at + 1).replace(/[;?].*$/s, '')).toLowerCase();
  // RFC 3261 §19.1.1: a password behind a colon is nobody's business, and neither are blanks part of a user's name.
  if (user === '' || /[\s<>"@:\p{Surrogate}]/u.test(user) || !DOMAIN.test(host)) return null;
  const unescaped = unescape(user);
  return unescaped === null ? null : { user: unescaped, domain: host };
}

function unescape(user: string): string | null {
  try {
    return decodeURIComponent(user);
  } catch {
    return null; // a percent sign with nothing behind it
  }
}

export function addressToUri(address: Address): string {
  const user = encodeURIComponent(address.user).replace(USER_UNRESERVED, (escaped) => decodeURIComponent(escaped));
  return `sip:${user}@${address.domain}`;
}

/** The one spelling of an address, by which conversations are kept; user names are case-sensitive (RFC 3261 §19.1.4). */
export function addressText(address: Address): string {
  return `${address.user}@${address.domain}`;
}

/** How a person is called on the page: people of our own domain by their user name alone. */
export function addressLabel(address: Address, ownDomain: string): string {
  return address.domain === ownDomain ? address.user : addressText(address);
}
