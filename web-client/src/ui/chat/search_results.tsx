// What a search in the messages has found: asked of the server when the person pauses, newest first.
// SPDX-License-Identifier: MIT
import { useEffect, useState } from 'preact/hooks';
import { addressText } from '../../model/address';
import type { Problem } from '../../model/ports';
import type { Account, Conversation, SearchHit } from '../../model/views';
import { Avatar } from '../common/avatar';
import { Button } from '../common/button';
import { ProblemLine } from '../common/problem_line';
import { RelativeTime } from '../common/relative_time';
import { Spinner } from '../common/spinner';
import { t } from '../texts';
import { contextOf, markWords } from './plain';
import { nameOf } from './who';

const PAUSE_MS = 250;

interface Found {
  words: string;
  hits: readonly SearchHit[];
  hasMore: boolean;
}
type State = 'searching' | Found | Problem;

const isFound = (state: State): state is Found => typeof state === 'object' && 'hits' in state;

/** The state of the search for `words`; `again` searches for them once more. */
function useSearch(account: Account, words: string, within: Conversation | null): { state: State; again(): void } {
  const [state, setState] = useState<State>('searching');
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    setState('searching');
    const timer = setTimeout(async () => {
      const found = await account.conversations.search(words, within);
      if (isCurrent) setState('hits' in found ? { words, ...found } : found);
    }, PAUSE_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [words, within, tries]);
  return { state, again: () => setTries(tries + 1) };
}

/** `text` with what was searched for marked. */
function Marked({ text, words }: { text: string; words: string }) {
  const pieces = markWords(contextOf(text, words), words);
  return <bdi>{pieces.map((piece, index) => (piece.isHit ? <mark key={index}>{piece.text}</mark> : piece.text))}</bdi>;
}

interface HitProps {
  account: Account;
  hit: SearchHit;
  words: string;
  isNamed: boolean; // of several conversations
  onPick(): void;
}

function Hit({ account, hit: { address, message }, words, isNamed, onPick }: HitProps) {
  const name = nameOf(account, address);
  const person = account.people.person(address).value;
  const isOwn = message.direction === 'sent';
  return (
    <button type="button" class="hit" data-named={isNamed} onClick={onPick}>
      {isNamed && <Avatar name={name} address={addressText(address)} icon={person?.icon} />}
      <span class="name cut">{isNamed || !isOwn ? <bdi>{name}</bdi> : t('chat.you').replace(/:$/, '')}</span>
      <span class="when"><RelativeTime at={message.at} form="short" /></span>
      <span class="context">{isNamed && isOwn && `${t('chat.you')} `}<Marked text={message.text} words={words} /></span>
    </button>
  );
}

interface ResultsProps {
  account: Account;
  words: string; // not blank
  within: Conversation | null;
  onPick(hit: SearchHit): void;
}

function Told({ state }: { state: State }) {
  if (state === 'searching') return <><Spinner /> {t('chat.search.running')}</>;
  if (!isFound(state)) return null;
  if (state.hits.length === 0) return <>{t('chat.search.nothing', { words: state.words })}</>;
  return <>{t('chat.search.found', { count: state.hits.length })}</>;
}

export function SearchResults({ account, words, within, onPick }: ResultsProps) {
  const { state, again } = useSearch(account, words.trim(), within);
  return (
    <div class="results scrolls">
      <p class="told" role="status"><Told state={state} /></p>
      {state !== 'searching' && !isFound(state) && (
        <div class="load-problem">
          <ProblemLine problem={state} />
          <Button isSmall icon="retry" onClick={again}>{t('common.again')}</Button>
        </div>
      )}
      {isFound(state) && (
        <ul aria-label={t('chat.search.results')}>
          {state.hits.map((hit) => (
            <li key={hit.message.key}>
              <Hit account={account} hit={hit} words={state.words} isNamed={!within} onPick={() => onPick(hit)} />
            </li>
          ))}
        </ul>
      )}
      {isFound(state) && state.hasMore && <p class="told">{t('chat.search.more')}</p>}
    </div>
  );
}
