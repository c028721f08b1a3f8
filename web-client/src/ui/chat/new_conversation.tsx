// To write to somebody: a name of the list of people, or an address (WAI-ARIA authoring practices, "combobox").
// SPDX-License-Identifier: MIT
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { addressText, type Address } from '../../model/address';
import type { Problem } from '../../model/ports';
import type { Account, Person } from '../../model/views';
import { Avatar } from '../common/avatar';
import { Button, IconButton } from '../common/button';
import { ProblemLine } from '../common/problem_line';
import { t } from '../texts';
import { previewOf } from './plain';

const MOST_SUGGESTIONS = 8;

type Reachable = Person & { address: Address };

/** Those whose name, or a part of it, or whose address begins with what was typed; then those that have it within. */
function suggestions(people: readonly Person[], typed: string): Reachable[] {
  const words = typed.trim().toLocaleLowerCase();
  const rank = ({ name, address }: Reachable): number => {
    const heard = name.toLocaleLowerCase();
    const text = (words.includes('@') ? addressText(address) : address.user).toLowerCase(); // all have our domain
    if (heard.startsWith(words) || text.startsWith(words)) return 0;
    if (heard.includes(` ${words}`)) return 1;
    return heard.includes(words) || text.includes(words) ? 2 : 3;
  };
  return people.filter((person): person is Reachable => person.address !== null)
    .map((person) => ({ person, rank: rank(person) })).filter((one) => one.rank < 3)
    .sort((one, other) => one.rank - other.rank).slice(0, MOST_SUGGESTIONS).map(({ person }) => person);
}

function Suggestion({ person, id, isChosen, onPick }: {
  person: Reachable; id: string; isChosen: boolean; onPick(): void;
}) {
  const text = addressText(person.address);
  return (
    <li role="option" id={id} aria-selected={isChosen} onMouseDown={(event) => event.preventDefault()} onClick={onPick}>
      <Avatar size="small" name={person.name} address={text} icon={person.icon} state={person.state} />
      <span class="name cut"><bdi>{previewOf(person.name)}</bdi></span>
      <span class="address cut"><bdi>{text}</bdi></span>
    </li>
  );
}

export function NewConversation({ account, onClose }: { account: Account; onClose(): void }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [chosen, setChosen] = useState(-1);
  const [problem, setProblem] = useState<Problem | null>(null);
  const found = suggestions(account.people.all.value, typed);
  useEffect(() => field.current?.focus(), []);

  const open = (who: string | Address): void => {
    const failed = account.conversations.open(who);
    setProblem(failed);
    if (!failed) onClose();
  };
  const submit = (): void => {
    const person = found[chosen];
    if (person) open(person.address);
    else if (typed.trim() !== '') open(typed.trim());
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Escape' && !event.isComposing) {
      event.stopPropagation();
      return onClose();
    }
    if (!step || found.length === 0) return;
    event.preventDefault();
    setChosen((chosen + step + found.length + 1 + 1) % (found.length + 1) - 1); // -1: what is typed
  };
  const optionId = (index: number): string => `${id}-${index}`;
  return (
    <form class="new-conversation" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <div class="title">
        <label for={id}>{t('chat.new')}</label>
        <IconButton icon="close" isSmall label={t('common.close')} onClick={onClose} />
      </div>
      <div class="line">
        <input class="input" id={id} ref={field} role="combobox" value={typed} autoComplete="off" autoCapitalize="none"
          spellcheck={false} placeholder={t('chat.new.label')} aria-expanded={found.length > 0}
          aria-controls={`${id}-list`} aria-autocomplete="list" aria-describedby={`${id}-about`}
          aria-activedescendant={chosen >= 0 ? optionId(chosen) : undefined} aria-invalid={problem ? true : undefined}
          onKeyDown={onKeyDown} onInput={(event) => {
            setTyped(event.currentTarget.value);
            setChosen(-1);
            setProblem(null);
          }} />
        <Button kind="primary" type="submit">{t('chat.new.open')}</Button>
      </div>
      <div id={`${id}-about`}>
        <ProblemLine problem={problem} />
        {!problem && <p class="hint">{t('chat.new.hint')}</p>}
      </div>
      <ul class="suggestions scrolls" role="listbox" id={`${id}-list`} aria-label={t('chat.new.suggestions')}>
        {found.map((person, index) => (
          <Suggestion key={person.uri} person={person} id={optionId(index)} isChosen={index === chosen}
            onPick={() => open(person.address)} />
        ))}
      </ul>
    </form>
  );
}
