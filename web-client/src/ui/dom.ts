// Elements without a framework. Text only ever becomes text: there is no way here to pass HTML.
// SPDX-License-Identifier: MIT

type Attributes = Record<string, string | boolean | ((event: never) => void)>;

/** element('button', { type: 'submit', disabled: true, click: () => … }, 'Send'); false leaves an attribute out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value as (event: Event) => void);
    else if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

/** Changes only what differs, so that screen readers do not say it again. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
