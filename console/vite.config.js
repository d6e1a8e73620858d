import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { defineConfig } from 'vite'

/** Writes a packed form beside each file, which the Go handler sends to those who accept it. */
function pack(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const name = join(dir, entry.name)
    if (entry.isDirectory()) pack(name)
    else if (/\.(html|js|mjs|css|svg|webmanifest)$/.test(name)) writeFileSync(name + '.gz', gzipSync(readFileSync(name), { level: 9 }))
  }
}

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: 'dist/built',
    rollupOptions: { input: ['index.html', 't/index.html', 'r/index.html'] },
    target: 'es2022',
    emptyOutDir: true,
    assetsInlineLimit: 0, // nothing inline: the page's security policy allows files of its own origin only
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  plugins: [{ name: 'pack', closeBundle: () => pack('dist/built') }],
  server: { proxy: Object.fromEntries(['/v1', '/demo', '/openapi.json'].map((path) => [path, process.env.FETTLE_URL ?? 'http://127.0.0.1:8080'])) },
})
