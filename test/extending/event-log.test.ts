import { expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root } from '@marquee/testing/tools'
import { shownFiles } from './walkthroughs.ts'

const page = readFileSync(join(root, 'docs/extending.md'), 'utf8')
const files = shownFiles(page).filter(({ path }) => path.startsWith('packages/event-log/'))
const timeoutMs = 60_000

test(
  'the event log of the walkthrough passes the contract, as far as it says',
  async () => {
    const { status, output } = await runContract((text) => text)
    expect(output).toMatch(/^ 0 fail$/m)
    expect(status).toBe(0)
    expect(Number(output.match(/^ (\d+) pass$/m)?.[1])).toBeGreaterThan(30)
    for (const name of ['durability', 'sharing', 'partitions', 'groups']) {
      expect(output).toContain(`${name} (skipped: not among the adapter's capabilities)`)
    }
  },
  timeoutMs,
)

test.each([
  ['durable: false', 'durable: true', 'durability a reopened log has'],
  ['partitions: false', 'partitions: true', 'partitions a topic has as many'],
  ['groups: false', 'groups: true', 'groups batches of a partition are'],
  [`shared: 'process'`, `shared: 'machine'`, 'sharing two log objects of'],
])(
  'an event log that claims what it does not do fails: %s → %s',
  async (truth, claim, name) => {
    const { status, output } = await runContract((text) => text.replace(truth, claim), name)
    expect(status).toBe(1)
    expect(output).toMatch(/\(fail\) event log: array > /)
    expect(output).toMatch(/^ 0 pass$/m)
  },
  timeoutMs,
)

/** Runs the walkthrough's test in a copy of the package. */
async function runContract(edit: (text: string) => string, name?: string) {
  await using folder = await temporaryFolder()
  const skipsModules = { recursive: true, filter: (path: string) => !/node_modules/.test(path) }
  cpSync(join(root, 'packages/event-log'), join(folder.path, 'packages/event-log'), skipsModules)
  symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'))
  for (const { path, text } of files) {
    const target = join(folder.path, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, edit(text))
  }
  const only = name === undefined ? [] : ['--test-name-pattern', `array ${name}`]
  const args = ['test', '--timeout=30000', ...only, './packages/event-log/array']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder.path })
  return { status, output: `${stdout}\n${stderr}` }
}
