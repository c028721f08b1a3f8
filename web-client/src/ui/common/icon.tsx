// Small drawings in lines, made for this page: 24 by 24, drawn with the colour of the text around them.
// SPDX-License-Identifier: MIT

const PATHS = {
  add: 'M12 5v14M5 12h14',
  alert: 'M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4',
  block: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M6 6l12 12',
  call:
    'M6 3.5h3l1.6 4.4-2.2 1.7a12 12 0 0 0 6 6l1.7-2.2 4.4 1.6v3a2 2 0 0 1-2.2 2A16.5 16.5 0 0 1 4 5.7a2 2 0 0 1 2-2.2',
  chats: 'M4 5.5h16v11H10.5L6 20.5v-4H4z',
  check: 'M5 12.5 10 17.5 19.5 7',
  checks: 'M2 12.5 7 17.5 16.5 7M12 16.5l1.2 1L22 7',
  chevron: 'M6.5 9.5 12 15l5.5-5.5',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M12 7.5V12l3 2',
  close: 'M6 6l12 12M18 6 6 18',
  copy: 'M9 9h10.5v10.5H9zM15 5.5V4.5H4.5V15h1',
  down: 'M12 5v14M6 13l6 6 6-6',
  edit: 'M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5zM13.5 7l3.5 3.5',
  eye:
    'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6',
  'eye-off':
    'M4 4l16 16M9.5 5.9A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-2.7 3.4' +
    'M6.3 7.7A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4-.9',
  external: 'M13.5 4.5h6v6M19 5l-8 8M10 6H5v13h13v-5',
  help: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M9.5 9.7a2.5 2.5 0 1 1 3.7 2.2c-.8.5-1.2 1-1.2 1.9M12 16.7v.1',
  laptop: 'M5 5.5h14v10H5zM2.5 19h19',
  'log-out': 'M10 4.5H5v15h5M10.5 12H20M16.5 8l4 4-4 4',
  more: 'M12 5.5v.1M12 12v.1M12 18.5v.1',
  people:
    'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M2.5 19.5c.5-3.5 3-5 6.5-5s6 1.5 6.5 5' +
    'M16 5.3a3.5 3.5 0 0 1 0 6.4M18 14.9c2 .6 3.2 2.2 3.5 4.6',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20.5c.6-4 3.5-5.5 7.5-5.5s6.9 1.5 7.5 5.5',
  'person-add': 'M10 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M3 19.5c.5-3.5 3.3-5 7-5s6.5 1.5 7 5M19 7v6M16 10h6',
  picture: 'M4 5h16v14H4zM4.5 17l5-5 4 4 2.5-2.5 4 3.5M15.5 8.5v.1',
  retry: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5',
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20.5 20.5',
  send: 'M4 12 3.5 4.5 21 12 3.5 19.5zM4 12h8',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4M4 12h3',
  smile: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17M8.5 14.2a4.2 4.2 0 0 0 7 0M9 9.3v.1M15 9.3v.1',
  sun:
    'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2' +
    'M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4',
  trash: 'M4.5 6.5h15M9 6.5v-2h6v2M6.5 6.5l.8 13.5h9.4l.8-13.5M10 10.5v6M14 10.5v6',
  voicemail: 'M6.5 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M17.5 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M6.5 15.5h11',
} as const;

export type IconName = keyof typeof PATHS;

/** Says nothing to a screen reader: what it stands for is said in words beside it. */
export function Icon({ name }: { name: IconName }) {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>;
}
