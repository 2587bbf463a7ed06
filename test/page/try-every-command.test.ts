import { expect } from 'bun:test'
import { testWith } from '@marquee/testing/requirements'
import { type ToolName, tool } from '@marquee/testing/tools'
import type { Page } from 'playwright-core'
import { examplesOf } from '../../apps/web/try/examples.ts'
import { describePage, eventually } from './describe-page.ts'
import { commandText, type Printed, runInShell, runTypeScript, shellTools } from './run-command.ts'
import { startServices } from './services.ts'
import { choose, methodPaths } from './try-form.ts'

const testTimeoutMs = 240_000
/** Time of a step on the page while the machine is busy, in milliseconds. */
const pageTimeoutMs = 30_000
/** Methods whose stream does not end by itself. */
const endless = /\/Watch\w*(\?|$)/
const tools: readonly { readonly name: string; readonly needs: ToolName }[] = [
  ...Object.entries(shellTools).map(([name, needs]) => ({ name, needs })),
  { name: 'TypeScript', needs: 'chromium' },
]
/** Texts of calls that a command cannot make. */
const missing = /^(@marquee\/client has no such method|No REST route at this address)/

/** Names of the methods without a command, by its name. Each other method has one. */
const without: Readonly<Record<string, readonly string[]>> = {
  curl: [],
  grpcurl: [],
  'buf curl': [],
  TypeScript: [
    'Check',
    'ImportMetadata',
    'ImportRatings',
    'List',
    'ServerReflectionInfo',
    'ServerReflectionInfo',
    'Watch',
  ],
  REST: [
    'Check',
    'DeleteMetadata',
    'List',
    'ServerReflectionInfo',
    'ServerReflectionInfo',
    'Watch',
  ],
}

describePage('the commands of every method', { start: startServices }, (site) => {
  let collected: Promise<readonly Method[]> | undefined
  const collect = async () => {
    await using visitor = await site().visit('/try')
    return await methodsOf(visitor.page)
  }
  for (const { name, needs } of tools) {
    testWith(
      tool(needs),
      `run as they are copied: ${name}`,
      async () => {
        collected ??= collect()
        const problems: string[] = []
        const absent: string[] = []
        for (const { path, texts } of await collected) {
          const text = texts.get(name) ?? ''
          if (missing.test(text)) {
            absent.push(methodOf(path).name)
            continue
          }
          // The user of the examples, whose ratings other examples remove.
          await site().others.rate('the-matrix-1999', 'ann', 4)
          const isEndless = endless.test(path)
          const run = name === 'TypeScript' ? runTypeScript : runInShell
          const problem = problemOf(await run(text, isEndless), isEndless)
          if (problem && !isExpected(path, problem)) problems.push(`${path}: ${problem}`)
        }
        expect(problems).toEqual([])
        expect(absent.toSorted()).toEqual([...(without[name] ?? [])])
      },
      testTimeoutMs,
    )
  }
})

interface Method {
  readonly path: string
  /** The command that the page shows, by its name. */
  readonly texts: ReadonlyMap<string, string>
}

async function methodsOf(page: Page): Promise<Method[]> {
  page.setDefaultTimeout(pageTimeoutMs)
  const methods: Method[] = []
  for (const path of await methodPaths(page)) {
    await page.goto(path)
    const texts = new Map<string, string>()
    for (const { name } of tools) {
      await choose(page, 'Copy as', name)
      texts.set(name, await shownCommand(page, [...texts.values()]))
    }
    methods.push({ path, texts })
  }
  return methods
}

/** The command, when it is no longer an earlier one, and the address that it names is known. */
async function shownCommand(page: Page, earlier: readonly string[]): Promise<string> {
  let text = ''
  await eventually(async () => {
    text = await commandText(page)
    expect(['…', '', ...earlier]).not.toContain(text)
  })
  return text
}

/** Returns the error that a program prints in its own way, or `undefined`. */
function problemOf({ stdout, stderr, code }: Printed, isEndless: boolean): string | undefined {
  const hasFailed = isEndless ? code !== null : code !== 0
  const isError = /^\{"code":|"error":\s*\{/.test(stdout) || stderr !== ''
  if (!hasFailed && !isError) return stdout.trim() === '' ? 'nothing is printed' : undefined
  return `${code} ${stdout} ${stderr}`.replaceAll(/\s+/g, ' ').slice(0, 300)
}

/** True when the example finds nothing without data, and the program says so. */
function isExpected(path: string, problem: string): boolean {
  const { typeName, name } = methodOf(path)
  const [example] = examplesOf(typeName, name)
  return example?.codeWithoutData === 'not_found' && /not_?found/i.test(problem)
}

function methodOf(path: string): { readonly typeName: string; readonly name: string } {
  const [typeName = '', name = ''] = path.replace(/^\/try\/|\?.*$/g, '').split('/')
  return { typeName, name }
}
