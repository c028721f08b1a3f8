// SPDX-License-Identifier: MIT
import { expect, test } from 'vitest';
import { SettingsModel } from '../src/model/settings';
import { createShelf } from '../src/browser/shelf';
import { FakeStorage } from './fake_ports';

function values(settings: SettingsModel): unknown[] {
  const { language, theme, notifications, sound, receipts, awayAfterMinutes } = settings;
  return [language, theme, notifications, sound, receipts, awayAfterMinutes].map(({ value }) => value);
}

test('nothing is kept before something is set', () => {
  const storage = new FakeStorage();
  expect(values(new SettingsModel(storage.shelf()))).toEqual(['', 'system', false, false, true, 10]);
  expect(storage.items.size).toBe(0);
});

test('what is set is there after a reload', () => {
  const storage = new FakeStorage();
  const settings = new SettingsModel(storage.shelf());
  settings.language.value = 'de';
  settings.theme.value = 'dark';
  settings.receipts.value = false;
  settings.awayAfterMinutes.value = 0;
  expect(values(new SettingsModel(storage.shelf()))).toEqual(['de', 'dark', false, false, false, 0]);
});

test('another page takes it over, and does not write it again', () => {
  const storage = new FakeStorage();
  const [one, two] = [new SettingsModel(storage.shelf()), new SettingsModel(storage.shelf())];
  let changes = 0;
  storage.shelf().onChange(() => {
    changes += 1;
  });
  one.sound.value = true;
  expect(two.sound.value).toBe(true);
  two.sound.value = false;
  expect(one.sound.value).toBe(false);
  expect(changes).toBe(2);
  two.end();
  one.theme.value = 'light';
  expect(two.theme.value).toBe('system');
});

test.each([
  ['theme', 'pink'], ['language', '<b>'], ['receipts', '1'], ['away-after-minutes', '-3'],
  ['away-after-minutes', '9999'], ['away-after-minutes', 'soon'],
])('%s that is %j is as if it were not set', (name, text) => {
  const storage = new FakeStorage();
  storage.items.set(`heliograph.setting.${name}`, text);
  expect(values(new SettingsModel(storage.shelf()))).toEqual(['', 'system', false, false, true, 10]);
});

test('a browser that keeps nothing has its settings until the reload', () => {
  const shelf = createShelf(() => {
    throw new DOMException('no', 'SecurityError');
  });
  const settings = new SettingsModel(shelf);
  settings.theme.value = 'dark';
  expect([settings.theme.value, shelf.read('heliograph.setting.theme')]).toEqual(['dark', 'dark']);
});

test('the shelf tells what other pages write', () => {
  localStorage.clear();
  const shelf = createShelf();
  const told: unknown[] = [];
  const end = shelf.onChange((name, text) => told.push([name, text]));
  shelf.write('a', '1');
  expect(localStorage.getItem('a')).toBe('1');
  dispatchEvent(new StorageEvent('storage', { key: 'a', newValue: '2' }));
  dispatchEvent(new StorageEvent('storage', { key: null }));
  end();
  dispatchEvent(new StorageEvent('storage', { key: 'a', newValue: '3' }));
  expect(told).toEqual([['a', '2']]);
});
