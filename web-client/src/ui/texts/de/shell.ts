// German: logging in, the frame of the page, one's own status, voicemail. SPDX-License-Identifier: MIT
import type { Translated } from '../catalogue';
import type { shell as english } from '../en/shell';

export const shell: Translated<typeof english> = {
  'login.returning': 'Anmeldung läuft …',
  'login.address': 'SIP-Adresse',
  'login.addressHint': 'Zum Beispiel alice@example.org. Hier genügt auch Ihr Benutzername.',
  'login.addressMissing': 'Geben Sie Ihre SIP-Adresse oder Ihren Benutzernamen ein.',
  'login.password': 'Passwort',
  'login.passwordMissing': 'Geben Sie Ihr Passwort ein.',
  'login.showPassword': 'Passwort anzeigen',
  'login.hidePassword': 'Passwort verbergen',
  'login.stay': 'Angemeldet bleiben',
  'login.stayHint':
    'Auf diesem Computer, bis Sie sich abmelden. Nicht auf Computern, die auch andere benutzen. Ihr Passwort wird ' +
    'nicht gespeichert.',
  'login.submit': 'Anmelden',
  'login.busy': 'Anmeldung läuft …',

  'shell.title': 'Heliograph, angemeldet als {address}',
  'shell.skip': 'Zur Unterhaltung springen',
  'shell.main': 'Unterhaltung',
  'nav.label': 'Hauptbereiche',
  'nav.chats': 'Chats',
  'nav.people': 'Personen',
  'nav.settings': 'Einstellungen',
  'nav.help': 'Tastenkürzel',
  'nav.logOut': 'Abmelden',
  'nav.unread': { one: '{count} ungelesene Nachricht', other: '{count} ungelesene Nachrichten' },
  'nav.requests': { one: '{count} Anfrage', other: '{count} Anfragen' },

  'connection.label': 'Verbindung',
  'connection.connecting': 'Wird verbunden …',
  'connection.reconnecting': 'Wird neu verbunden …',
  'connection.lost': 'Die Verbindung ist unterbrochen und wird wiederhergestellt.',
  'connection.back': 'Wieder verbunden.',
  'connection.noNetwork': 'Dieses Gerät hat kein Netz.',
  'connection.tryNow': 'Jetzt versuchen',

  'hint.label': 'Benachrichtigungen',
  'hint.question': 'Möchten Sie von neuen Nachrichten erfahren, während Sie etwas anderes tun?',
  'hint.yes': 'Ja',
  'hint.no': 'Nicht jetzt',
  'hint.done': 'Neue Nachrichten werden Ihnen gemeldet.',
  'hint.refused': 'Der Browser zeigt keine Benachrichtigungen dieser Seite.',

  'own.menu': 'Ihr Status',
  'own.chosen': 'Ihr Status ist jetzt: {status}',
  'own.edit': 'Notiz und Bild …',
  'own.offline': 'Nicht verbunden',
  'own.automaticallyAway': 'Abwesend (automatisch)',

  'voicemail.title': 'Voicemail',
  'voicemail.none': 'Keine Voicemail',
  'voicemail.nothingNew': 'Nichts Neues',
  'voicemail.waiting': 'Es wartet etwas Neues',
  'voicemail.changed': 'Voicemail: {text}',
  'voicemail.new.voice': { one: '{count} neue Sprachnachricht', other: '{count} neue Sprachnachrichten' },
  'voicemail.new.fax': { one: '{count} neues Fax', other: '{count} neue Faxe' },
  'voicemail.new.text': { one: '{count} neuer Text', other: '{count} neue Texte' },
  'voicemail.new.other': { one: '{count} neuer Eintrag', other: '{count} neue Einträge' },
};
