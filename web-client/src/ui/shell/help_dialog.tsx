// What can be done with the keyboard. SPDX-License-Identifier: MIT
import { Dialog } from '../common/dialog';
import { t, type TextKey } from '../texts';
import './help.css';
import { isMac } from './keys';

const COMMAND = isMac ? '⌘' : 'Ctrl';
const ALT = isMac ? '⌥' : 'Alt';

type Line = readonly [keys: readonly string[], about: Extract<TextKey, `help.${string}`>];

const LINES: readonly Line[] = [
  [[`${COMMAND} K`], 'help.search'],
  [[`${ALT} ↑`, `${ALT} ↓`], 'help.step'],
  [['Enter'], 'help.send'],
  [['Shift Enter'], 'help.line'],
  [['↑', '↓'], 'help.lists'],
  [['←', '→'], 'help.rows'],
  [['Esc'], 'help.leave'],
  [[`${COMMAND} /`], 'help.help'],
];

/** "Ctrl K" are pressed together. */
function drawKeys(together: string) {
  return <span key={together}>{together.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}</span>;
}

export function HelpDialog({ onClose }: { onClose(): void }) {
  return (
    <Dialog title={t('nav.help')} onClose={onClose}>
      <dl class="keys">
        {LINES.map(([keys, about]) => (
          <div key={about}>
            <dt>{keys.map(drawKeys)}</dt>
            <dd>{t(about)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
