// Something is being done. What it is stands beside it in words.
// SPDX-License-Identifier: MIT
export function Spinner() {
  return <span class="spinner" aria-hidden="true" />;
}
