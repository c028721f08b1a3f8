// Logging in. What was typed stays until one is in. SPDX-License-Identifier: MIT
import type { Ref } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import type { Login } from '../../model/views';
import { Button, IconButton } from '../common/button';
import { Field } from '../common/field';
import { ProblemLine } from '../common/problem_line';
import { Spinner } from '../common/spinner';
import { t } from '../texts';
import './login.css';

/** Problems of what stands in one of the fields are told there, all others above the button. */
function placeOf(problem: Problem | null): 'address' | 'password' | 'form' | null {
  switch (problem?.kind) {
    case undefined: return null;
    case 'no-address':
    case 'no-such-domain': return 'address';
    case 'wrong-password': return 'password';
    default: return 'form';
  }
}

function Mark() {
  return <img class="mark" src="/favicon.svg" alt="" width="56" height="56" />;
}

/** While somebody who stayed logged in is let in again. */
function Returning({ login }: { login: Login }) {
  return (
    <main class="login">
      <div class="returning">
        <Mark /><h1>Heliograph</h1><p role="status"><Spinner /> {t('login.returning')}</p>
        <ProblemLine problem={login.problem.value} />
      </div>
    </main>
  );
}

function PasswordField({ value, onInput, inputRef, problem, isMissing }: {
  value: string; onInput(value: string): void; inputRef: Ref<HTMLInputElement>;
  problem: Problem | null; isMissing: boolean;
}) {
  const [isShown, setShown] = useState(false);
  return (
    <Field label={t('login.password')} value={value} onInput={onInput} inputRef={inputRef}
      type={isShown ? 'text' : 'password'} name="password" autocomplete="current-password" autocapitalize="none"
      spellcheck={false} required problem={problem} sentence={isMissing ? t('login.passwordMissing') : ''}>
      <IconButton icon={isShown ? 'eye-off' : 'eye'} aria-pressed={isShown}
        label={t(isShown ? 'login.hidePassword' : 'login.showPassword')} onClick={() => setShown(!isShown)} />
    </Field>
  );
}

function StayChoice({ isChosen, onChoose }: { isChosen: boolean; onChoose(isChosen: boolean): void }) {
  return (
    <label class="choice">
      <input type="checkbox" name="stay" checked={isChosen} aria-describedby="stay-hint"
        onChange={(event) => onChoose(event.currentTarget.checked)} />
      <span>{t('login.stay')}</span>
      <span class="hint" id="stay-hint">{t('login.stayHint')}</span>
    </label>
  );
}

function LoginForm({ login, onSubmitted }: { login: Login; onSubmitted(): void }) {
  const [address, setAddress] = useState(login.rememberedAddress);
  const [password, setPassword] = useState('');
  const [stays, setStays] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [missing, setMissing] = useState<'address' | 'password' | null>(null);
  const addressInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  const isBusy = login.isBusy.value;
  const place = placeOf(problem);

  useLayoutEffect(() => (login.rememberedAddress ? passwordInput : addressInput).current?.focus(), []);

  const refuse = (input: HTMLInputElement | null): void => {
    input?.focus();
    input?.select();
  };
  const submit = async (): Promise<void> => {
    const empty = address.trim() === '' ? 'address' : password === '' ? 'password' : null;
    setMissing(empty);
    setProblem(null);
    if (empty) return refuse(empty === 'address' ? addressInput.current : passwordInput.current);
    onSubmitted();
    const found = await login.logIn(address, password, stays);
    setProblem(found);
    if (found) refuse(placeOf(found) === 'address' ? addressInput.current : passwordInput.current);
  };

  return (
    <form class="card" aria-labelledby="login-title" noValidate method="post"
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void submit();
      }}>
      <header><Mark /><h1 id="login-title">Heliograph</h1></header>
      {!problem && <ProblemLine problem={login.problem.value} />}
      <Field label={t('login.address')} hint={t('login.addressHint')} value={address} onInput={setAddress}
        inputRef={addressInput} name="username" autocomplete="username" autocapitalize="none" inputMode="email"
        spellcheck={false} required problem={place === 'address' ? problem : null}
        sentence={missing === 'address' ? t('login.addressMissing') : ''} />
      <PasswordField value={password} onInput={setPassword} inputRef={passwordInput}
        problem={place === 'password' ? problem : null} isMissing={missing === 'password'} />
      <StayChoice isChosen={stays} onChoose={setStays} />
      <ProblemLine problem={place === 'form' ? problem : null} />
      <Button type="submit" kind="primary" isBusy={isBusy}>{t(isBusy ? 'login.busy' : 'login.submit')}</Button>
    </form>
  );
}

export function LoginView({ login }: { login: Login }) {
  const [isSubmitted, setSubmitted] = useState(false);
  if (login.isBusy.value && !isSubmitted) return <Returning login={login} />;
  return <main class="login scrolls"><LoginForm login={login} onSubmitted={() => setSubmitted(true)} /></main>;
}
