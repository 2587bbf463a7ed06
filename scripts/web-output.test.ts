import { expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { buildWeb, type WebBuild } from './web-output.ts'

const page = `<!doctype html>
<title>A page</title>
<link rel="stylesheet" href="./style/main.css">
<script type="module" src="./main.ts"></script>`

test('a build of the page has hashed files, each with compressed copies, and no source maps', async () => {
  await using project = await writeProject()
  await project.build()
  const html = readFileSync(join(project.output, 'index.html'), 'utf8')
  const [, script = ''] = /<script [^>]*src="\/(assets\/index-\w+\.js)"/.exec(html) ?? []
  const [, style = ''] = /<link [^>]*href="\/(assets\/index-\w+\.css)"/.exec(html) ?? []
  const bytes = readFileSync(join(project.output, script))
  expect(brotliDecompressSync(readFileSync(join(project.output, `${script}.br`)))).toEqual(bytes)
  expect(gunzipSync(readFileSync(join(project.output, `${script}.gz`)))).toEqual(bytes)
  expect(readFileSync(join(project.output, style), 'utf8')).toContain('body{margin:0}')
  const names = readdirSync(join(project.output, 'assets'))
  expect(names.filter((name) => name.startsWith('lazy-') && name.endsWith('.js'))).toHaveLength(1)
  expect(names.filter((name) => name.endsWith('.map'))).toEqual([])
  const maps = readdirSync(`${project.output}-maps/assets`)
  expect(maps).toContain(`${script.replace('assets/', '')}.map`)
})

test('the page is built again only when its source has changed', async () => {
  await using project = await writeProject()
  expect(await project.build()).toBeDefined()
  const { ino } = statSync(project.output)
  expect(await project.build()).toBeUndefined()
  expect(statSync(project.output).ino).toBe(ino)
  await writeFile(join(project.source, 'lazy.ts'), 'export const word = "other"')
  expect(await project.build()).toBeDefined()
  await writeFile(join(project.path, 'tool.json'), '{"changed":true}')
  expect(await project.build()).toBeDefined()
  expect(await project.build()).toBeUndefined()
})

test('concurrent builds leave the complete page of one of them', async () => {
  await using project = await writeProject()
  await Promise.all(Array.from({ length: 8 }, () => project.build()))
  const html = readFileSync(join(project.output, 'index.html'), 'utf8')
  const [, script = ''] = /src="\/(assets\/index-\w+\.js)"/.exec(html) ?? []
  expect(existsSync(join(project.output, script))).toBe(true)
  expect(readdirSync(join(project.output, '..')).sort()).toEqual(['web', 'web-maps'])
})

test('a route preloads its lazy modules, and what they import beyond the page itself', async () => {
  await using project = await writeProject()
  const lazy = 'import { word } from "./word.ts"\nimport { shared } from "./shared.ts"\n'
  await writeFile(join(project.source, 'lazy.ts'), `${lazy}export const all = [word, shared]`)
  await writeFile(join(project.source, 'lazier.ts'), `${lazy}console.log(word, shared)`)
  await writeFile(join(project.source, 'word.ts'), 'export const word = Date.now()')
  await writeFile(join(project.source, 'shared.ts'), 'export const shared = [Date.now()]')
  const main = 'import { shared } from "./shared.ts"\nconsole.log(shared)\n'
  const imports = 'import("./lazy.ts").then(console.log)\nimport("./lazier.ts")'
  await writeFile(join(project.source, 'main.ts'), main + imports)
  await project.build({
    '/lazy': { modules: ['lazy.ts'], urls: ['/a'], urlsWithoutQuery: ['/b?c="&d'] },
  })
  const preloads = JSON.parse(readFileSync(join(project.output, 'preloads.json'), 'utf8'))
  const { links, linksWithoutQuery } = preloads['/lazy']
  const names = readdirSync(join(project.output, 'assets'))
  const scripts = links.slice(0, -1).map((link: string) => {
    const element = /^<link rel="modulepreload" href="\/assets\/(\S+)" crossorigin>$/
    const [, path = ''] = element.exec(link) ?? []
    expect(names).toContain(path)
    return path.replace(/-\w+\.js$/, '')
  })
  expect(scripts).toEqual(['lazy', 'index'])
  const fetched = (url: string) => `<link rel="preload" as="fetch" href="${url}" crossorigin>`
  expect(links.at(-1)).toBe(fetched('/a'))
  expect(linksWithoutQuery).toEqual([fetched('/b?c=&quot;&amp;d')])
})

test('a module that is not imported lazily cannot be preloaded', async () => {
  await using project = await writeProject()
  const preloads = { '/': { modules: ['main.ts'] } }
  await expect(project.build(preloads)).rejects.toThrow(/no page imports \S+main.ts lazily/)
})

test('files of the last build that are not in the new one are removed', async () => {
  await using project = await writeProject()
  await project.build()
  await writeFile(join(project.source, 'main.ts'), 'document.title = "alone"')
  await project.build()
  const names = readdirSync(join(project.output, 'assets'))
  expect(names.filter((name) => name.startsWith('lazy-'))).toEqual([])
})

test('a failed build keeps the last one, and is tried again', async () => {
  await using project = await writeProject()
  await project.build()
  await writeFile(join(project.source, 'main.ts'), 'import "./absent.ts"')
  await expect(project.build()).rejects.toThrow()
  await expect(project.build()).rejects.toThrow()
  expect(existsSync(join(project.output, 'index.html'))).toBe(true)
})

test('a style sheet that only a script imports is refused, because nothing would load it', async () => {
  await using project = await writeProject()
  await writeFile(
    join(project.source, 'lazy.ts'),
    'import "./lazy.css"\nexport const word = "styled"',
  )
  await writeFile(join(project.source, 'lazy.css'), 'b{color:blue}')
  await expect(project.build()).rejects.toThrow(/no page links to assets\/lazy-\w+\.css/)
})

async function writeProject() {
  const folder = await temporaryFolder()
  const source = join(folder.path, 'web')
  const output = join(folder.path, 'dist', 'web')
  const tool = join(folder.path, 'tool.json')
  await mkdir(join(source, 'style'), { recursive: true })
  const written = {
    'index.html': page,
    'style/main.css': 'body { margin: 0 }',
    'main.ts': `import('./lazy.ts').then(({ word }) => console.log(word, ${JSON.stringify('long '.repeat(200))}))`,
    'lazy.ts': 'export const word = "lazy"',
  }
  for (const [name, text] of Object.entries(written)) await writeFile(join(source, name), text)
  await writeFile(tool, '{}')
  return {
    path: folder.path,
    source,
    output,
    build: (preloads: NonNullable<WebBuild['preloads']> = {}) =>
      buildWeb({ source, extraSources: [tool], output, preloads }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
