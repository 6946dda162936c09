import { createHash } from 'node:crypto'
import tailwindcss from '@tailwindcss/vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

/** One file: script and style inside the page, and a policy that lets nothing but these scripts run. */
function singlePage(): Plugin {
  return {
    name: 'single-page',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const page = Object.values(bundle).find((f) => f.fileName.endsWith('.html'))
      if (page?.type !== 'asset') throw new Error('no page was built')
      let html = String(page.source)
      for (const file of Object.values(bundle)) {
        const name = file.fileName.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        if (file.type === 'chunk') {
          const code = file.code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')
          html = html.replace(new RegExp(`\\s*<script[^>]*src="[^"]*${name}"[^>]*></script>`), '')
          html = html.replace('</body>', () => `<script type="module">${code}</script>\n</body>`)
        } else if (file.fileName.endsWith('.css')) {
          html = html.replace(new RegExp(`<link[^>]*href="[^"]*${name}"[^>]*>`), () => `<style>${file.source}</style>`)
        } else continue
        delete bundle[file.fileName]
      }
      const hashes = [...html.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(
        (m) => `'sha256-${createHash('sha256').update(m[1]).digest('base64')}'`,
      )
      const policy = `default-src 'none'; script-src ${hashes.join(' ')}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`
      page.source = html.replace('<!--policy-->', () => `<meta http-equiv="Content-Security-Policy" content="${policy}" />`)
      page.fileName = 'dashboard.html'
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [svelte(), tailwindcss(), singlePage()],
  build: {
    outDir: '../pytest_localbench/_ui',
    emptyOutDir: false,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
})
