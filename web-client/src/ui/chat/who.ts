// How a person is called: by the name in the list of people, or by the address.
// SPDX-License-Identifier: MIT
import { addressLabel, type Address } from '../../model/address';
import type { Account } from '../../model/views';
import { previewOf } from './plain';

export function nameOf(account: Account, address: Address): string {
  const given = account.people.person(address).value?.name ?? '';
  return previewOf(given) || previewOf(addressLabel(address, account.self.domain));
}
