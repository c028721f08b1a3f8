// Which domain the server serves, for people who log in with their user name alone.
//
// The page knows only the host that it came from, which may be just one of the server's addresses. The realm of a
// challenge is the domain that passwords belong to, so one REGISTER without credentials asks for it.
// SPDX-License-Identifier: MIT

const WAIT_MS = 4000;

function randomToken(): string {
  return crypto.getRandomValues(new Uint32Array(3)).join('');
}

function question(host: string): string {
  const address = `<sip:${host}>`;
  return [
    `REGISTER sip:${host} SIP/2.0`,
    `Via: SIP/2.0/WS ${randomToken()}.invalid;branch=z9hG4bK${randomToken()}`,
    'Max-Forwards: 70',
    `From: ${address};tag=${randomToken()}`,
    `To: ${address}`,
    `Call-ID: ${randomToken()}`,
    'CSeq: 1 REGISTER',
    'Content-Length: 0',
    '', '',
  ].join('\r\n');
}

export function realmOf(response: string): string | null {
  if (!/^SIP\/2\.0 401 /.test(response)) return null;
  return /^WWW-Authenticate:\s*Digest\s(?:[^\r\n]*[\s,])?realm="([^"\\\r\n]+)"/im.exec(response)?.[1] ?? null;
}

/** A name for this machine itself is an address of the server, since we reached it by that. */
export function hostOf(hostname: string): string {
  return hostname === 'localhost' ? '127.0.0.1' : hostname;
}

/** The server's domain; `hostname` where it cannot be learned. */
export function discoverDomain(url: string, hostname: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, 'sip');
    socket.binaryType = 'arraybuffer';
    const finish = (domain: string | null): void => {
      clearTimeout(timer);
      socket.close();
      resolve((domain ?? hostname).toLowerCase());
    };
    const timer = setTimeout(() => finish(null), WAIT_MS);
    socket.onopen = () => socket.send(question(hostOf(hostname)));
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) =>
      finish(realmOf(typeof data === 'string' ? data : new TextDecoder().decode(data)));
    socket.onclose = () => finish(null);
  });
}
