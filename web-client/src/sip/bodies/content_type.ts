// A Content-Type: type/subtype and its parameters (RFC 3261 §25.1, RFC 2045 §5.1). SPDX-License-Identifier: MIT

export interface ContentType {
  type: string; // "text/plain", lower case; '' for what is none
  parameters: ReadonlyMap<string, string>; // names in lower case
}

const PARAMETER = /;\s*([^\s=;]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g;

export function readContentType(header: string): ContentType {
  const type = /^\s*([^\s;/]+\/[^\s;/]+)/.exec(header)?.[1]?.toLowerCase() ?? '';
  const parameters = new Map<string, string>();
  for (const [, name, quoted, plain] of header.matchAll(PARAMETER))
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  return { type, parameters };
}
