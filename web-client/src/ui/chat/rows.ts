// A conversation as it is drawn: one row for each message, with what stands above it. That a day's name and the line
// of new messages belong to a message keeps rows and messages one to one, and each row its key when older ones come.
// SPDX-License-Identifier: MIT
import type { Message } from '../../model/views';

const TOGETHER_MS = 5 * 60_000;

export interface Row {
  readonly message: Message;
  readonly isNewDay: boolean;
  readonly isNew: boolean; // "new messages" stands above
  readonly isFirst: boolean; // of what one side said at a stretch
  readonly isLast: boolean;
}

/** The first and the last moment of a day; asking a Date for its day each time would cost most of the time here. */
class Day {
  private from = 0;
  private until = 0;

  /** Whether `at` is of another day than the one before; that day is kept. */
  isOther(at: number): boolean {
    if (at >= this.from && at < this.until) return false;
    const date = new Date(at);
    const midnight = (days: number): number =>
      new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
    this.from = midnight(0);
    this.until = midnight(1);
    return true;
  }
}

/**
 * `isWhole`: the first message is the first of all. Where it is not, nothing is said above it that would go away, and
 * move what is read, when those before it come.
 */
export function rowsOf(messages: readonly Message[], firstUnreadKey: string, isWhole: boolean): Row[] {
  const day = new Day();
  const isNewDay = messages.map(({ at }, index) => day.isOther(at.getTime()) && (isWhole || index > 0));
  const begins = (index: number): boolean => {
    const message = messages[index];
    const before = messages[index - 1];
    if (message && !before) return isWhole;
    return !message || !before || isNewDay[index]! || message.key === firstUnreadKey
      || message.direction !== before.direction || message.at.getTime() - before.at.getTime() > TOGETHER_MS;
  };
  const starts = messages.map((_, index) => begins(index));
  return messages.map((message, index) => ({
    message,
    isNewDay: isNewDay[index]!,
    isNew: firstUnreadKey !== '' && message.key === firstUnreadKey,
    isFirst: starts[index]!,
    isLast: starts[index + 1] ?? true,
  }));
}

const ROW_PX = 46;
const LINE_PX = 22;
const ABOVE_PX = 52; // a day's name, or the line of new messages
const LETTERS_OF_A_LINE = 60;
const MOST_LINES = 18; // longer ones are folded

/** How high a row will be, more or less; it is measured as soon as it is drawn. */
export function likelyHeight({ message, isNewDay, isNew, isFirst }: Row): number {
  const lines = Math.min(Math.ceil(message.text.length / LETTERS_OF_A_LINE) || 1, MOST_LINES);
  return ROW_PX + (lines - 1) * LINE_PX + (isFirst ? 8 : 0) + (isNewDay ? ABOVE_PX : 0) + (isNew ? ABOVE_PX : 0);
}
