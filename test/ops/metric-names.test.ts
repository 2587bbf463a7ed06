import { expect, test } from 'bun:test'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { root } from '@marquee/testing/tools'
import { startTraced } from '../telemetry/traced-services.ts'

const folder = join(root, 'ops')

/** Metrics that Prometheus adds. */
const added = new Set(['up'])

test('alerts and dashboards use only metrics that the services have', async () => {
  await using services = await startTraced('bun')
  const urls = [services.movieUrl, services.ratingUrl]
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()))
  const served = new Set(texts.flatMap((text) => namesIn(text, /^# TYPE (\S+)/gm)))
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/\.(yaml|json)$/.test(file)) continue
    const used = namesIn(await readFile(join(folder, file), 'utf8'), /\b((?:marquee|process)_\w+)/g)
    const names = used.map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    expect(names.length).toBeGreaterThan(5)
    const unknown = names.filter((name) => !served.has(name) && !added.has(name))
    expect({ file, unknown }).toEqual({ file, unknown: [] })
  }
}, 90_000)

function namesIn(text: string, pattern: RegExp): string[] {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name)
}
