// Names of XML's namespaces. SPDX-License-Identifier: MIT
export const PIDF = 'urn:ietf:params:xml:ns:pidf'; // RFC 3863
export const DATA_MODEL = 'urn:ietf:params:xml:ns:pidf:data-model'; // RFC 4479
export const RPID = 'urn:ietf:params:xml:ns:pidf:rpid'; // RFC 4480
export const CIPID = 'urn:ietf:params:xml:ns:pidf:cipid'; // RFC 4482
export const HELIOGRAPH = 'urn:heliograph:presence'; // docs/web-client.md, "One's own status"
export const RLMI = 'urn:ietf:params:xml:ns:rlmi'; // RFC 4662
export const WATCHER_INFO = 'urn:ietf:params:xml:ns:watcherinfo'; // RFC 3858
export const XCAP_DIFF = 'urn:ietf:params:xml:ns:xcap-diff'; // RFC 5874
export const IMDN = 'urn:ietf:params:xml:ns:imdn'; // RFC 5438
export const IS_COMPOSING = 'urn:ietf:params:xml:ns:im-iscomposing'; // RFC 3994
