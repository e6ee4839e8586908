import react from '@vitejs/plugin-react'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { defineConfig, type Plugin } from 'vite'

/** Writes the names of all files of the build into the service worker, which keeps them for a time without connection. */
const listFiles = (): Plugin => ({
  name: 'wardline-offline',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const worker = bundle['offline.js']
    if (worker?.type !== 'chunk') return
    const files = Object.keys(bundle)
      .filter((file) => file.startsWith('assets/'))
      .map((file) => `/${file}`)
      .toSorted()
    const build = createHash('sha256').update(files.join()).digest('hex').slice(0, 16)
    worker.code = worker.code.replace(/(["'`])%BUILD%\1/, JSON.stringify(JSON.stringify({ build, files })))
  },
})

// The content policy of the server is strict: nothing here may need inline script, inline style or eval.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), listFiles()],
  worker: { format: 'es' },
  build: {
    target: 'es2024',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: { index: path.join(import.meta.dirname, 'index.html'), offline: path.join(import.meta.dirname, 'offline/worker.ts') },
      // A door names everything that a feature offers; what a screen does not use of it is left out, or comes with the screen that does.
      treeshake: { moduleSideEffects: [{ test: /\/(product|ui|crypto|platform)\/.*\.tsx?$/, sideEffects: false }] },
      output: {
        entryFileNames: ({ name }) => (name === 'offline' ? 'offline.js' : 'assets/[name]-[hash].js'),
        codeSplitting: {
          groups: [{ name: 'vendor', test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack)\// }],
        },
      },
    },
  },
})
