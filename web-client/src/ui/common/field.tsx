// A line to fill in, with its name above and what is to be known about it below.
// SPDX-License-Identifier: MIT
import type { ComponentChildren, InputHTMLAttributes, Ref } from 'preact';
import { useId } from 'preact/hooks';
import type { Problem } from '../../model/ports';
import { ProblemLine } from './problem_line';

interface FieldProps {
  label: string;
  value: string;
  onInput(value: string): void;
  hint?: string | undefined;
  problem?: Problem | null | undefined;
  sentence?: string | undefined; // a problem that is none of the server's
  inputRef?: Ref<HTMLInputElement> | undefined;
  children?: ComponentChildren; // a button within the line
  // as they are for <input>
  type?: 'text' | 'password';
  name?: string;
  autocomplete?: 'username' | 'current-password' | 'off';
  autocapitalize?: 'none' | 'words';
  inputMode?: 'text' | 'email';
  placeholder?: string;
  maxLength?: number;
  autofocus?: boolean;
  required?: boolean;
  spellcheck?: boolean;
}

export function Field({ label, value, onInput, hint, problem, sentence, inputRef, children, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="row">
        <input {...rest as InputHTMLAttributes<HTMLInputElement>} id={id} class="input" value={value}
          ref={inputRef ?? null} aria-describedby={`${id}-about`} aria-invalid={problem || sentence ? true : undefined}
          onInput={(event) => onInput(event.currentTarget.value)} />
        {children}
      </div>
      <div id={`${id}-about`}>
        {hint && <p class="hint">{hint}</p>}
        <ProblemLine problem={problem} sentence={sentence} />
      </div>
    </div>
  );
}
