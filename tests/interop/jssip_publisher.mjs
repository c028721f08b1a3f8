// PUBLISH (RFC 3903) with JsSIP, which has none: one publication, made with its internals. They have no types and no
// promise, so they are used here alone, and the version is pinned.
// SPDX-License-Identifier: MIT
import RequestSender from 'jssip/lib/RequestSender.js';
import SIPMessage from 'jssip/lib/SIPMessage.js';

const ATTEMPTS = 3;

export class Publisher {
  constructor(agent, event, contentType) {
    Object.assign(this, { agent, event, contentType, expires: 600, etag: null });
  }

  // A body that is null refreshes; 0 as expires removes. The status of the last answer, 0 where there was none.
  async publish(body, expires = this.expires) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const response = await this.ask(body, expires);
      if (response?.status_code === 412 && body !== null) {
        this.etag = null; // RFC 3903 §4.3: it is forgotten there, and made anew
      } else if (response?.status_code === 423) {
        expires = Number(response.getHeader('min-expires')); // §4.2
        this.expires = expires;
      } else {
        this.note(response, expires);
        return response?.status_code ?? 0;
      }
    }
    return 412;
  }

  note(response, expires) {
    if (!response || response.status_code >= 300) return;
    this.etag = expires === 0 ? null : response.getHeader('sip-etag');
  }

  ask(body, expires) {
    const headers = [`Event: ${this.event}`, `Expires: ${expires}`, `Contact: ${this.agent.contact.toString()}`];
    if (this.etag) headers.push(`SIP-If-Match: ${this.etag}`);
    if (body !== null) headers.push(`Content-Type: ${this.contentType}`);
    const uri = this.agent.configuration.uri;
    return new Promise((resolve) => {
      const request = new SIPMessage.OutgoingRequest('PUBLISH', uri, this.agent, null, headers, body);
      new RequestSender(this.agent, request, {
        onRequestTimeout: () => resolve(null),
        onTransportError: () => resolve(null),
        onReceiveResponse: (response) => response.status_code >= 200 && resolve(response),
      }).send();
    });
  }
}
