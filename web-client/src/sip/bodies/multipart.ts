// multipart/related (RFC 2387): the parts of a list's NOTIFY, by their Content-ID. SPDX-License-Identifier: MIT
import { readContentType } from './content_type';
import { headerOf, readHeaders } from './headers';
import { ignored } from './xml';

export interface Part {
  contentType: string;
  body: string;
}

export interface Multipart {
  root: Part;
  parts: ReadonlyMap<string, Part>; // by Content-ID, without < and >
}

const MOST_PARTS = 5000;

/** What stands between the delimiters (RFC 2046 §5.1.1); null where they are not in order. */
function piecesOf(body: string, boundary: string): string[] | null {
  const pieces = `\r\n${body}`.split(`\r\n--${boundary}`);
  const closed = pieces.findIndex((piece, index) => index > 0 && piece.startsWith('--'));
  if (closed < 2 || closed > MOST_PARTS) return null;
  return pieces.slice(1, closed).map((piece) => piece.replace(/^[ \t]*\r\n/, ''));
}

function readPart(piece: string): { id: string; part: Part } | null {
  const headed = readHeaders(piece);
  if (!headed) return null;
  if (/^(?:base64|quoted-printable)$/i.test(headerOf(headed, 'content-transfer-encoding'))) return null;
  return {
    id: headerOf(headed, 'content-id').replace(/^<|>$/g, ''),
    part: { contentType: headerOf(headed, 'content-type'), body: headed.rest },
  };
}

/** Null: it cannot be read. The root is the part that `start` names, or the first one. */
export function readMultipart(contentType: string, body: string): Multipart | null {
  const { type, parameters } = readContentType(contentType);
  const boundary = parameters.get('boundary') ?? '';
  if (type !== 'multipart/related' || boundary === '') return ignored('multipart', `its type is ${contentType}`);
  const read = piecesOf(body, boundary)?.flatMap((piece) => readPart(piece) ?? []);
  if (!read?.[0]) return ignored('multipart', 'its parts cannot be told apart');
  const parts = new Map(read.map(({ id, part }) => [id, part]));
  const start = (parameters.get('start') ?? '').replace(/^<|>$/g, '');
  return { root: parts.get(start) ?? read[0].part, parts };
}
