import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { rpcReasons } from '@marquee/connect-hono/errors/rpc-reasons'
import { serviceReasons } from '@marquee/service/reasons'
import { restReasons } from '../../packages/transcode/reasons.ts'
import { metadataReasons } from '../../services/metadata/reasons.ts'
import { movieReasons } from '../../services/movie/reasons.ts'
import { ratingReasons } from '../../services/rating/reasons.ts'

const lists: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'packages/connect-hono': rpcReasons,
  'packages/transcode': restReasons,
  'packages/service': serviceReasons,
  'services/metadata': metadataReasons,
  'services/rating': ratingReasons,
  'services/movie': movieReasons,
}

const page = readFileSync('docs/errors.md', 'utf8')

describe.each(Object.entries(lists))('the reasons of %s', (folder, reasons) => {
  test('are UPPER_SNAKE_CASE, and the keys of their metadata lowerCamelCase (AIP-193)', () => {
    for (const [name, keys] of Object.entries(reasons)) {
      expect(name).toMatch(/^[A-Z][A-Z0-9_]{1,61}[A-Z0-9]$/)
      for (const key of keys) expect(key).toMatch(/^[a-z][a-zA-Z0-9]{0,62}$/)
    }
  })

  test('are in docs/errors.md, with the keys of their metadata', () => {
    const [, section = ''] = page.split(`\n\`${folder}\`\n`)
    const [table = ''] = section.split('\n## ')
    const rows = [...table.matchAll(/^\| `([A-Z_]+)` *\| *([^|]*?) *\|/gm)]
    const documented = rows.map(([, name, keys = '']) => {
      return [name, [...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key)]
    })
    expect(documented).toEqual(Object.entries(reasons).map(([name, keys]) => [name, [...keys]]))
  })

  test('all belong to an error', () => {
    const source = [folder, 'packages/service', 'packages/transcode'].flatMap(sourcesOf).join('\n')
    const unused = Object.keys(reasons).filter((name) => !source.includes(`'${name}'`))
    expect(unused).toEqual([])
  })
})

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => `${folder}/${String(name)}`)
    .filter((path) => /\.ts$/.test(path) && !/node_modules|\.test\.ts$|reasons\.ts$/.test(path))
    .map((path) => readFileSync(path, 'utf8'))
}
