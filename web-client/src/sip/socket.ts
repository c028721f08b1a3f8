// The WebSocket as JsSIP wants it. JsSIP's own one waits as long as the browser does for a connection that comes or
// ends; here neither takes longer than we wait.
// SPDX-License-Identifier: MIT
import type { Socket } from 'jssip/lib/UA.js';

const CONNECT_WAIT_MS = 10_000;

/** RFC 6455 §7.4.1: what was sent is larger than the server takes. */
export const TOO_LARGE = 1009;

export class SipSocket implements Socket {
  readonly via_transport: string;
  readonly sip_uri: string;
  onconnect?: () => void;
  ondisconnect?: (isError: boolean, code?: number, reason?: string) => void;
  ondata?: (data: string | ArrayBuffer) => void;
  /** When something came over it, in ms since 1970. */
  heardAt = 0;
  /** Why it ended: the code of the server, or of the browser; 0: it was us. */
  closeCode = 0;
  private socket: WebSocket | null = null;
  private deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly url: string) {
    const { protocol, host } = new URL(url);
    this.via_transport = protocol === 'wss:' ? 'WSS' : 'WS';
    this.sip_uri = `sip:${host};transport=ws`;
  }

  connect(): void {
    this.forget();
    const socket = new WebSocket(this.url, 'sip'); // RFC 7118 §4.1
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      clearTimeout(this.deadline);
      this.heardAt = Date.now();
      this.onconnect?.();
    };
    socket.onclose = ({ code }) => this.ended(code);
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.heard(data);
    this.socket = socket;
    this.deadline = setTimeout(() => this.drop(), CONNECT_WAIT_MS);
  }

  /** JsSIP ends it, and wants to hear nothing of it. */
  disconnect(): void {
    this.forget();
  }

  /** It is not waited for any more: as if it had ended by itself. */
  drop(): void {
    if (this.socket) this.ended(0);
  }

  send(text: string): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(text);
    return true;
  }

  private heard(data: string | ArrayBuffer): void {
    this.heardAt = Date.now();
    try {
      this.ondata?.(data);
    } catch (error) {
      console.error(error); // JsSIP's parser trips over some of what is no SIP
    }
  }

  private ended(code: number): void {
    this.closeCode = code;
    this.forget();
    this.ondisconnect?.(true, code);
  }

  private forget(): void {
    clearTimeout(this.deadline);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onclose = socket.onmessage = null;
    socket.close();
  }
}
