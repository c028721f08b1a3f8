// German: conversations, messages, searching and writing them.
// SPDX-License-Identifier: MIT
import type { Translated } from '../catalogue';
import type { chat as english } from '../en/chat';

export const chat: Translated<typeof english> = {
  'chat.conversations': 'Unterhaltungen',
  'chat.none.title': 'Noch keine Unterhaltungen',
  'chat.none.text': 'Wählen Sie jemanden aus Ihrer Liste, oder schreiben Sie an eine Adresse.',
  'chat.choose.title': 'Nichts geöffnet',
  'chat.choose.text': 'Wählen Sie eine Unterhaltung, oder schreiben Sie jemand Neuem.',
  'chat.unread': { one: '{count} ungelesene Nachricht', other: '{count} ungelesene Nachrichten' },
  'chat.draft': 'Entwurf:',
  'chat.you': 'Sie:',
  'chat.typing': 'schreibt …',

  'chat.state.waiting': 'Wartet auf die Verbindung',
  'chat.state.sending': 'Wird gesendet',
  'chat.state.kept': 'Liegt bis zur Rückkehr bereit',
  'chat.state.delivered': 'Zugestellt',
  'chat.state.displayed': 'Gelesen',
  'chat.state.failed': 'Nicht gesendet',

  'chat.back': 'Zurück zu allen Unterhaltungen',
  'chat.more': 'Mehr zu dieser Unterhaltung',
  'chat.addPerson': 'In meine Liste aufnehmen …',
  'chat.messagesWith': 'Nachrichten mit {name}',
  'chat.start': 'Hier beginnt Ihre Unterhaltung mit {name}.',
  'chat.loadingOlder': 'Ältere Nachrichten werden geladen …',
  'chat.newMessages': 'Neue Nachrichten',
  'chat.toNewest': 'Zur neuesten Nachricht',
  'chat.toNewest.count': { one: '{count} neue Nachricht', other: '{count} neue Nachrichten' },
  'chat.gone': 'Diese Nachricht gibt es nicht mehr.',
  'chat.arrived': '{name}: {text}',

  'chat.copy': 'Nachricht kopieren',
  'chat.sendAgain': 'Noch einmal senden',
  'chat.discard': 'Löschen',
  'chat.unfold': 'Alles anzeigen',
  'chat.fold': 'Weniger anzeigen',
  'chat.unreadable': 'Diese Nachricht lässt sich hier nicht anzeigen ({type}).',
  'chat.unreadable.short': 'Hier nicht darstellbar',

  'chat.write': 'Nachricht an {name}',
  'chat.placeholder': 'Nachricht schreiben',
  'chat.send': 'Senden',
  'chat.tooLong': 'Diese Nachricht ist um {percent} % zu lang. Kürzen Sie sie, oder senden Sie sie in Teilen.',
  'chat.emoji': 'Emoji',
  'chat.emoji.search': 'Emoji suchen',
  'chat.emoji.recent': 'Zuletzt benutzt',
  'chat.emoji.none': 'So heißt kein Emoji.',
  'chat.emoji.groups': 'Gruppen von Emoji',

  'chat.search': 'Nachrichten durchsuchen',
  'chat.search.here': 'In dieser Unterhaltung suchen',
  'chat.search.results': 'Gefundene Nachrichten',
  'chat.search.running': 'Suche läuft …',
  'chat.search.nothing': 'Zu „{words}“ wurde nichts gefunden.',
  'chat.search.found': { one: '{count} Nachricht gefunden', other: '{count} Nachrichten gefunden' },
  'chat.search.more': 'Es gibt noch mehr. Ein weiteres Wort grenzt die Suche ein.',

  'chat.new': 'Jemand Neuem schreiben',
  'chat.new.label': 'Name oder Adresse',
  'chat.new.hint': 'Jemand aus Ihrer Liste, ein Benutzername oder eine Adresse wie anna@example.org',
  'chat.new.open': 'Schreiben',
  'chat.new.suggestions': 'Vorschläge',

  'people.pending': 'Hat Ihre Anfrage noch nicht beantwortet',
  'people.rejected': 'Zeigt Ihnen die eigene Präsenz nicht',
  'people.noSuchUser': 'Diese Adresse hat niemand',
};
