// How the page is built: hashed files below assets/, compressed twins beside each file (the server sends f.br or f.gz where
// f is asked for), and the licences of what is inside.
// SPDX-License-Identifier: MIT
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const SMALLEST_TO_COMPRESS = 1024;

/** The package folders, below node_modules, that a chunk's modules come from. */
function packagesOf(modules: string[]): string[] {
  const folders = modules.flatMap((id) => id.match(/^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0] ?? []);
  return [...new Set(folders.map((folder) => folder.replace('\0', '')))].sort();
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8') : ''}`;
}

/**
 * What JsSIP's user agent names and the page never uses: calls, and its own subscriptions, for which src/sip has others.
 * INVITE and SUBSCRIBE from outside are answered 405 before it would come to them. They are a third of the library.
 */
const UNUSED_OF_JSSIP = /\/(?:jssip\/lib\/(?:RTCSession|Subscriber|Notifier)\.js|sdp-transform\/lib\/index\.js)$/;

/** What JsSIP registers with, and we do not: src/sip/registration.ts. */
const REGISTRAR_OF_JSSIP = /\/jssip\/lib\/Registrator\.js$/;
const NO_REGISTRAR = 'module.exports = class { onTransportClosed() {} };';

/** JsSIP's log goes to a package that is off unless somebody switches it on, and nobody can here. */
const LOG_OF_JSSIP = /\/jssip\/lib\/Logger\.js$/;
const SILENT_LOG = `
const silent = () => undefined;
module.exports = class { get debug() { return silent; } get warn() { return silent; } get error() { return silent; } };
`;

function withoutUnused(): Plugin {
  return {
    name: 'without-unused',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (UNUSED_OF_JSSIP.test(id)) return 'module.exports = {};';
      if (REGISTRAR_OF_JSSIP.test(id)) return NO_REGISTRAR;
      return LOG_OF_JSSIP.test(id) ? SILENT_LOG : null;
    },
  };
}

/** Writes licences.txt: what the packages in the bundle want said about them. */
function licences(): Plugin {
  return {
    name: 'licences',
    apply: 'build',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? Object.keys(part.modules) : []));
      const source = packagesOf(modules).map(licenceOf).join('\n----\n\n');
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source });
    },
  };
}

function compressedTwins(): Plugin {
  return {
    name: 'compressed-twins',
    apply: 'build',
    writeBundle(options, bundle) {
      const folder = options.dir ?? dirname(options.file ?? '.');
      for (const name of Object.keys(bundle)) {
        const bytes = readFileSync(join(folder, name));
        if (bytes.length < SMALLEST_TO_COMPRESS) continue;
        writeFileSync(join(folder, `${name}.gz`), gzipSync(bytes, { level: 9 }));
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes));
      }
    },
  };
}

export default defineConfig({
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the server's Content-Security-Policy allows files from itself only
    modulePreload: { polyfill: false },
    cssCodeSplit: false, // Vite asks for a part's sheet once only: one that did not come would be missing until a reload
  },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  plugins: [withoutUnused(), licences(), compressedTwins()],
  server: { proxy: { '/ws': { target: 'http://127.0.0.1:8080', ws: true }, '/api': 'http://127.0.0.1:8080', '/xcap': 'http://127.0.0.1:8080' } },
  test: { include: ['tests/**/*.test.{ts,tsx}'], environment: 'jsdom' },
} as Parameters<typeof defineConfig>[0]);
