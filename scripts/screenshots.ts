/**
 * Takes screenshots of every page in every state, in several widths, light, dark and in forced
 * colours: `bun run screenshots [FOLDER [STATE…]] [--widths 390,1440]`. FOLDER defaults to a new
 * temporary folder. Each STATE selects the states whose names start with it. FOLDER/INDEX.md lists
 * them. `bun run screenshots docs/images readme` takes the pictures of the README.
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openChromium } from '@marquee/testing/chromium'
import { tool } from '@marquee/testing/tools'
import type { Browser } from 'playwright-core'
import { takeReadmePictures } from './screenshots/readme.ts'
import { type Site, sites } from './screenshots/sites.ts'
import { shotsOf, takePictures, themes } from './screenshots/take-pictures.ts'

/** The most common ones first. */
const defaultWidths = '1440,390,320,768,1920'
/** Pages that are open at once. */
const pageCountMax = 3

interface Options {
  readonly folder: string
  readonly isWanted: (name: string) => boolean
  readonly widths: readonly number[]
}

/** Takes the pictures of a site. Returns what failed. */
async function takeAll(browser: Browser, site: Site, options: Options): Promise<string[]> {
  const wanted = Object.entries(site.states).filter(([name]) => options.isWanted(name))
  const shots = wanted.flatMap(([name, state]) => shotsOf(name, state, options.widths))
  if (shots.length === 0) return []
  await using running = await site.open()
  const failures: string[] = []
  const queue = shots.values()
  const takeNext = async () => {
    for (const shot of queue) {
      try {
        await takePictures(browser, running.origin, options.folder, shot)
      } catch (error) {
        failures.push(`${shot.name}, ${shot.widths} px: ${error}`)
        console.error(failures.at(-1))
      }
    }
  }
  await Promise.all(Array.from({ length: pageCountMax }, takeNext))
  return failures
}

/** Lists the states and what their pictures show. */
async function writeIndex(folder: string): Promise<void> {
  const all = sites.flatMap(({ states }) => Object.entries(states))
  const lines = all.map(([name, { path, shows }]) => `| ${name} | \`${path}\` | ${shows} |`)
  const head = [
    `Pictures are named STATE-WIDTH-THEME.png; the themes are ${Object.keys(themes).join(', ')}.`,
    '',
    '| state | opened at | shows |',
    '| --- | --- | --- |',
  ]
  await writeFile(`${folder}/INDEX.md`, `${[...head, ...lines].join('\n')}\n`)
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: { widths: { type: 'string', default: defaultWidths } },
  })
  const [given, ...prefixes] = positionals
  const chromium = tool('chromium')
  if ('missing' in chromium) throw new Error(chromium.missing)
  const folder = given ? resolve(given) : await mkdtemp(`${tmpdir()}/marquee-screenshots-`)
  await mkdir(folder, { recursive: true })
  await using browser = await openChromium(chromium.value)
  if (prefixes[0] === 'readme') return await takeReadmePictures(browser, folder)
  await writeIndex(folder)
  const widths = values.widths.split(',').map(Number)
  const isWanted = (name: string) =>
    prefixes.length === 0 || prefixes.some((prefix) => name.startsWith(prefix))
  const failures: string[] = []
  for (const site of sites) {
    failures.push(...(await takeAll(browser, site, { folder, isWanted, widths })))
  }
  console.log(folder)
  if (failures.length > 0) throw new Error(`${failures.length} states have no pictures`)
}

await main()
