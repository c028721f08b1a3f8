// German: what several views say, and the sentences for everything that goes wrong.
// SPDX-License-Identifier: MIT
import type { Translated } from '../catalogue';
import type { common as english } from '../en/common';

export const common: Translated<typeof english> = {
  'common.cancel': 'Abbrechen',
  'common.save': 'Speichern',
  'common.close': 'Schließen',
  'common.back': 'Zurück',
  'common.add': 'Hinzufügen',
  'common.remove': 'Entfernen',
  'common.again': 'Noch einmal versuchen',
  'common.clear': 'Leeren',
  'common.copyAddress': 'Adresse kopieren',
  'common.copied': 'Kopiert',
  'common.copyFailed': 'Der Browser erlaubt das Kopieren nicht. Markieren und kopieren Sie den Text selbst.',
  'common.loading': 'Wird geladen …',
  'common.moreThan': '{count}+',
  'common.partNotLoaded':
    'Dieser Teil der Seite konnte nicht geladen werden. Prüfen Sie die Verbindung und versuchen Sie es noch einmal.',

  'time.today': 'Heute',
  'time.yesterday': 'Gestern',
  'time.now': 'gerade eben',

  'state.available': 'Verfügbar',
  'state.busy': 'Beschäftigt',
  'state.away': 'Abwesend',
  'state.do-not-disturb': 'Nicht stören',
  'state.on-the-phone': 'Am Telefon',
  'state.offline': 'Offline',
  'state.unknown': 'Unbekannt',
  'state.invisible': 'Unsichtbar',

  'problem.wrong-password': 'Die Adresse oder das Passwort ist falsch.',
  'problem.session-ended': 'Sie wurden abgemeldet: Diese Sitzung ist beendet. Bitte melden Sie sich wieder an.',
  'problem.no-such-domain': 'Dieser Server hat keine Konten dieser Domain.',
  'problem.no-such-user': 'Diese Adresse hat niemand.',
  'problem.no-address': 'Das ist weder ein Benutzername noch eine SIP-Adresse.',
  'problem.too-long': 'Das ist zu lang.',
  'problem.mailbox-full':
    'Für diese Person warten schon zu viele Nachrichten. Versuchen Sie es wieder, wenn sie da war.',
  'problem.not-taken': 'Kein Gerät dieser Person kann das anzeigen.',
  'problem.forbidden': 'Das dürfen Sie nicht.',
  'problem.changed':
    'Es wurde inzwischen anderswo geändert. Sehen Sie es sich noch einmal an und versuchen Sie es erneut.',
  'problem.limit': 'Das ist mehr, als der Server erlaubt.',
  'problem.busy': 'Der Server kann das gerade nicht. Versuchen Sie es gleich noch einmal.',
  'problem.no-connection': 'Es besteht keine Verbindung zum Server.',
  'problem.other': 'Das hat nicht geklappt.',
};
