// What is loaded when it is wanted: dialogs, and the list of people. Once the page stands it is loaded beforehand, so
// that it opens at once and also while there is no connection.
// SPDX-License-Identifier: MIT
import type { Account, Person } from '../model/views';
import { openDialog } from './common/dialogs';
import { later } from './common/later';
import { isNarrow, tab } from './navigation';

const people = () => import('./people/dialogs');
const decisions = () => import('./people/decisions');
const status = () => import('./own/status_dialog');
const voicemail = () => import('./own/voicemail_dialog');
const settings = () => import('./settings/settings_dialog');
const help = () => import('./shell/help_dialog');

/** The list of people. */
export const peopleView = later(() => import('./people/people_view').then(({ PeopleView }) => PeopleView));

const PAUSE_MS = 3000;

/** Where it fails it is tried again when the part is opened. */
export function loadBeforehand(): () => void {
  const timer = setTimeout(() => {
    const loads: readonly (() => Promise<unknown>)[] =
      [peopleView.load, people, decisions, status, voicemail, settings, help];
    for (const load of loads) load().catch(() => undefined);
  }, PAUSE_MS);
  return () => clearTimeout(timer);
}

export function showAddPerson(account: Account, typed = ''): void {
  void openDialog(() => people().then(({ AddPersonDialog }) => AddPersonDialog), { account, typed });
}

export function showRenamePerson(account: Account, person: Person): void {
  void openDialog(() => people().then(({ RenamePersonDialog }) => RenamePersonDialog), { account, person });
}

export function showPersonGroups(account: Account, person: Person): void {
  void openDialog(() => people().then(({ PersonGroupsDialog }) => PersonGroupsDialog), { account, person });
}

/** Without a group: a new one. */
export function showGroupName(account: Account, group: { name: string; displayName: string } | null): void {
  void openDialog(() => people().then(({ GroupNameDialog }) => GroupNameDialog), { account, group });
}

export function showDecisions(account: Account): void {
  void openDialog(() => decisions().then(({ DecisionsDialog }) => DecisionsDialog), { account });
}

export function showStatusDialog(account: Account): void {
  void openDialog(() => status().then(({ StatusDialog }) => StatusDialog), { account });
}

export function showVoicemail(account: Account): void {
  void openDialog(() => voicemail().then(({ VoicemailDialog }) => VoicemailDialog), { account });
}

/** What a notification has told of. */
export function showWhat(account: Account, kind: 'request' | 'voicemail'): void {
  if (kind === 'voicemail') return showVoicemail(account);
  if (isNarrow.value) account.conversations.close();
  tab.value = 'people';
}

export function showSettings(account: Account): void {
  void openDialog(() => settings().then(({ SettingsDialog }) => SettingsDialog), { account });
}

export function showHelp(): void {
  void openDialog(() => help().then(({ HelpDialog }) => HelpDialog), {});
}
