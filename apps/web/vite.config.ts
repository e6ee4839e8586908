import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// The content policy of the server is strict: nothing here may need inline script, inline style or eval.
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  worker: { format: 'es' },
  build: {
    target: 'es2024',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
})
