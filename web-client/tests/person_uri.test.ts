// Which pictures are shown: those of the page's own server, whatever host is named. SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { ownIcon } from '../src/model/person_uri';

const PATH = '/api/v1/icons/k3v1m8x0c2n4b6p7q9r5t1w3y5z7a0d2';

test.each([
  [PATH, PATH],
  [`https://sip.example.org${PATH}`, PATH],
  [`  http://127.0.0.1:8080${PATH} `, PATH],
  ['https://elsewhere.example.net/tracker.png', ''],
  [`${PATH}?track=1`, ''],
  ['/api/v1/icons/../users', ''],
  ['javascript:alert(1)', ''],
  ['', ''],
])('the picture of %j is %j', (told, shown) => expect(ownIcon(told)).toBe(shown));
