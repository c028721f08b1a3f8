// What is used of JsSIP's inside, which has no types and no promise: so the version is pinned in package.json, and only
// agent.ts, digest.ts and socket.ts know of it.
// SPDX-License-Identifier: MIT

declare module 'jssip/lib/URI.js' {
  export default class URI {
    readonly user: string;
    readonly host: string;
    readonly port: number | undefined;
    toString(): string;
    static parse(text: string): URI | undefined;
  }
}

declare module 'jssip/lib/Parser.js' {
  import type UA from 'jssip/lib/UA.js';

  const parser: { parseMessage(text: string, agent: UA): unknown }; // undefined, or throws: it cannot be read
  export default parser;
}

declare module 'jssip/lib/SIPMessage.js' {
  import type URI from 'jssip/lib/URI.js';
  import type UA from 'jssip/lib/UA.js';

  export interface OutgoingRequest {
    readonly method: string;
    readonly ruri: URI;
    readonly body: string | undefined;
    setHeader(name: string, value: string): void;
  }
  interface IncomingMessage {
    readonly call_id: string;
    readonly cseq: number;
    readonly from: { readonly uri: URI };
    readonly to_tag: string;
    readonly body: string | null;
    getHeader(name: string): string | undefined;
    getHeaders(name: string): string[];
    parseHeader(name: string): unknown;
  }
  export interface IncomingResponse extends IncomingMessage {
    readonly status_code: number;
    readonly reason_phrase: string;
  }
  export interface IncomingRequest extends IncomingMessage {
    readonly method: string;
    reply(status: number, phrase?: string | null, extraHeaders?: readonly string[]): void;
  }
  const messages: {
    OutgoingRequest: new (
      method: string,
      target: URI,
      agent: UA,
      parameters: {
        to_uri?: URI;
        to_tag?: string | undefined;
        from_tag?: string | undefined;
        call_id?: string | undefined;
        cseq?: number;
        route_set?: readonly string[] | undefined;
      },
      extraHeaders: readonly string[],
      body?: string,
    ) => OutgoingRequest;
  };
  export default messages;
}

declare module 'jssip/lib/Transactions.js' {
  import type UA from 'jssip/lib/UA.js';
  import type { Transport } from 'jssip/lib/UA.js';
  import type { IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';

  const transactions: {
    NonInviteClientTransaction: new (
      agent: UA,
      transport: Transport,
      request: OutgoingRequest,
      handlers: {
        onRequestTimeout(): void; // also for a 408
        onTransportError(): void; // also when the connection ends after the answer
        onReceiveResponse(response: IncomingResponse): void;
      },
    ) => { send(): void };
  };
  export default transactions;
}

declare module 'jssip/lib/DigestAuthentication.js' {
  import type { OutgoingRequest } from 'jssip/lib/SIPMessage.js';

  export interface Challenge {
    readonly stale?: boolean;
  }
  export default class DigestAuthentication {
    constructor(credentials: { username: string; password: string });
    /** False: the challenge has an algorithm or a quality that it does not know. */
    authenticate(request: Pick<OutgoingRequest, 'method' | 'ruri' | 'body'>, challenge: Challenge): boolean;
    toString(): string;
  }
}

declare module 'jssip/lib/UA.js' {
  import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';

  /** What it wants a connection to be. */
  export interface Socket {
    readonly via_transport: string;
    readonly url: string;
    readonly sip_uri: string;
    connect(): void;
    disconnect(): void;
    send(text: string): boolean;
    onconnect?: () => void;
    ondisconnect?: (isError: boolean, code?: number, reason?: string) => void;
    ondata?: (data: string | ArrayBuffer) => void;
  }
  export interface Transport {
    ondata: (heard: { readonly message: string }) => void;
    connect(): void;
    disconnect(): void;
    isConnected(): boolean;
    /** Called when the connection has ended, or none could be made. */
    _reconnect(): void;
  }
  export interface Dialog {
    readonly id: string;
    receiveRequest(request: IncomingRequest): void;
  }
  interface Events {
    connected: () => void;
    newMessage: (event: {
      originator: 'local' | 'remote';
      request: IncomingRequest;
      message: { reject(options: { status_code: number; extraHeaders?: readonly string[] }): void };
    }) => void;
  }
  export default class UA {
    constructor(configuration: {
      sockets: readonly Socket[];
      uri: string;
      instance_id: string;
      register: boolean;
      session_timers: boolean;
      user_agent: string;
    });
    readonly contact: { toString(): string };
    readonly transport: Transport;
    newDialog(dialog: Dialog): void;
    destroyDialog(dialog: Dialog): void;
    on<Name extends keyof Events>(name: Name, listener: Events[Name]): this;
  }
}
