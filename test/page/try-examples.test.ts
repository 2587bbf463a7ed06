import { expect, test } from 'bun:test'
import type { Page } from 'playwright-core'
import { examplesOf } from '../../apps/web/try/examples.ts'
import { describePage } from './describe-page.ts'
import { startServices } from './services.ts'
import { methodPaths, responseOf, send } from './try-form.ts'

const testTimeoutMs = 240_000
const matrix = 'the-matrix-1999'

describePage(
  'the examples of the API explorer',
  { start: startServices, fill: ({ others }) => others.rate(matrix, 'ann', 4) },
  (site) => {
    test(
      'Send works at once for every method: it has an example, which the service accepts',
      async () => {
        await using visitor = await site().visit('/try')
        visitor.expectProblems(/status of 404/, /^response: .+ 404$/)
        const { page } = visitor
        const problems: string[] = []
        const paths = await methodPaths(page)
        expect(paths.length).toBeGreaterThan(30)
        for (const path of paths) {
          await page.goto(path)
          const code = await codeOf(page)
          if (!isExpected(path, code)) problems.push(`${path}: ${code}`)
        }
        expect(problems).toEqual([])
      },
      testTimeoutMs,
    )
  },
)

/** The code of the response to the first example; `running` for a stream that sends messages. */
async function codeOf(page: Page): Promise<string> {
  await page.getByRole('combobox', { name: 'Example' }).waitFor()
  await send(page)
  const response = responseOf(page)
  const ended = response.locator('.status-code[data-code="ok"], .status-code[data-code="error"]')
  await ended.or(response.getByRole('article')).first().waitFor()
  return (await response.locator('.status-code').textContent()) ?? ''
}

function isExpected(path: string, code: string): boolean {
  if (code === 'running') return /\/Watch\w*/.test(path)
  const [typeName = '', name = ''] = path.replace(/^\/try\/|\?.*$/g, '').split('/')
  const [example] = examplesOf(typeName, name)
  return code === 'ok' || code === example?.codeWithoutData
}
