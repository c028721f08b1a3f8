// Answers of the server, looked at field by field before anything is made of them. What is not as docs/openapi.yaml
// says ends the request as a PortError. SPDX-License-Identifier: MIT
import { PortError } from '../model/ports';

export type Fields = Readonly<Record<string, unknown>>;

function wrong(name: string): never {
  throw new PortError({ kind: 'other', detail: `The server's answer is not understood: ${name}` });
}

export function fieldsOf(value: unknown, name = 'it is no object'): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : wrong(name);
}

export function textOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : wrong(name);
}

/** '' where it is null or absent. */
export function optionalText(fields: Fields, name: string): string {
  return fields[name] === undefined || fields[name] === null ? '' : textOf(fields, name);
}

/** A number that is not below zero. */
export function countOf(fields: Fields, name: string): number {
  const value = fields[name];
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : wrong(name);
}

export function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  return typeof value === 'boolean' ? value : wrong(name);
}

/** A number of 64 bits, which JSON cannot hold: decimal digits, without zeros before them. */
export function idOf(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' && /^(?:0|[1-9]\d{0,18})$/.test(value) ? value : wrong(name);
}

export function dateOf(fields: Fields, name: string): Date {
  const date = new Date(textOf(fields, name));
  return Number.isNaN(date.getTime()) ? wrong(name) : date;
}

export function oneOf<T extends string>(fields: Fields, name: string, possible: readonly T[]): T {
  const value = fields[name];
  return possible.includes(value as T) ? (value as T) : wrong(name);
}

export function listOf<T>(fields: Fields, name: string, read: (one: unknown) => T): T[] {
  const value = fields[name];
  return Array.isArray(value) ? value.map(read) : wrong(name);
}

export function optionalOf<T>(fields: Fields, name: string, read: (one: unknown) => T): T | null {
  const value = fields[name];
  return value === undefined || value === null ? null : read(value);
}
