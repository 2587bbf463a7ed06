import { expect, test } from 'bun:test'
import { testWith } from '@marquee/testing/requirements'
import { type ToolName, tool } from '@marquee/testing/tools'
import type { Page } from 'playwright-core'
import { describePage } from './describe-page.ts'
import { runInShell, runTypeScript } from './run-command.ts'
import { startServices } from './services.ts'
import { choose, expectCode, field, messageTexts, send } from './try-form.ts'
import type { Visitor } from './visitor.ts'

const testTimeoutMs = 60_000
const matrix = 'the-matrix-1999'

interface Example {
  readonly path: string
  /** The field of the response that is the body by REST. */
  readonly part: string
  /** A part of what the program prints. */
  readonly expected: string
  readonly fields: Readonly<Record<string, string>>
}

/** A method of movie, at the page's own origin. */
const getDetails: Example = {
  path: '/try/movie.v1.MovieService/GetMovieDetails',
  part: 'movieDetails',
  expected: 'title: "The Matrix"',
  fields: { movie_id: matrix },
}
/** A method of rating, forwarded by movie. */
const putRating: Example = {
  path: '/try/rating.v1.RatingService/PutRating',
  part: 'aggregatedRating',
  expected: 'value: 4.5',
  fields: {
    record_id: matrix,
    record_type: 'movie',
    // Characters that a shell would interpret; spaces are not allowed.
    user_id: `o'hara"$HOME"\\n`,
    value: '4.5',
  },
}
const commands: readonly { name: string; needs: ToolName }[] = [
  { name: 'curl', needs: 'curl' },
  { name: 'grpcurl', needs: 'grpcurl' },
  { name: 'buf curl', needs: 'buf' },
]

describePage(
  'a copied command',
  { start: startServices, fill: ({ others }) => others.rate(matrix, 'ada', 5) },
  (site) => {
    for (const { name, needs } of commands) {
      testWith(
        tool(needs),
        `the ${name} command gets the same response as the page`,
        async () => {
          for (const { path, fields } of [getDetails, putRating]) {
            await using visitor = await site().visit(path)
            const shown = await callByPage(visitor.page, fields)
            const command = await copyCommand(visitor, name)
            expect(withoutStamps(JSON.parse(await runShell(command)))).toEqual(withoutStamps(shown))
          }
        },
        testTimeoutMs,
      )
    }

    testWith(
      tool('curl'),
      'the REST command gets the same response as the page, without what is around it',
      async () => {
        for (const { path, fields, part } of [getDetails, putRating]) {
          await using visitor = await site().visit(path)
          const shown = await callByPage(visitor.page, fields)
          const command = await copyCommand(visitor, 'REST')
          const own = (shown as Record<string, unknown>)[part]
          expect(numbers(withoutStamps(JSON.parse(await runShell(command))))).toEqual(
            numbers(withoutStamps(own)),
          )
        }
      },
      testTimeoutMs,
    )

    test(
      'the TypeScript program gets the same response as the page',
      async () => {
        for (const { path, fields, expected } of [getDetails, putRating]) {
          await using visitor = await site().visit(path)
          await callByPage(visitor.page, fields)
          const program = await copyCommand(visitor, 'TypeScript')
          expect((await runTypeScript(program)).stdout).toContain(expected)
        }
      },
      testTimeoutMs,
    )

    testWith(
      tool('buf'),
      'the buf curl command uses gRPC-Web when the page does',
      async () => {
        const { path, fields } = getDetails
        await using visitor = await site().visit(path)
        await choose(visitor.page, 'Protocol', 'gRPC-Web')
        const shown = await callByPage(visitor.page, fields)
        const command = await copyCommand(visitor, 'buf curl')
        expect(command).toContain('--protocol grpcweb')
        expect(JSON.parse(await runShell(command))).toEqual(shown)
      },
      testTimeoutMs,
    )

    testWith(
      tool('curl'),
      'the curl command sends the same gRPC-Web bytes as the page',
      async () => {
        const { path, fields } = getDetails
        await using visitor = await site().visit(path)
        await choose(visitor.page, 'Protocol', 'gRPC-Web')
        await callByPage(visitor.page, fields)
        const printed = await runShell(await copyCommand(visitor, 'curl'))
        expect(printed).toContain('"title":"The Matrix"')
        expect(printed).toContain('grpc-status:')
      },
      testTimeoutMs,
    )
  },
)

async function callByPage(page: Page, fields: Readonly<Record<string, string>>): Promise<unknown> {
  for (const [name, value] of Object.entries(fields)) await field(page, name).fill(value)
  await send(page)
  await expectCode(page, 'ok')
  const [message = ''] = await messageTexts(page)
  return JSON.parse(message)
}

/** Presses the copy button and returns the text of the clipboard. */
async function copyCommand({ page, context }: Visitor, name: string): Promise<string> {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await choose(page, 'Copy as', name)
  const region = page.getByRole('region', { name: 'Commands' })
  await region.getByRole('button', { name: 'Copy' }).click()
  await region.getByText('Copied').waitFor()
  return page.evaluate(() => navigator.clipboard.readText())
}

async function runShell(line: string): Promise<string> {
  const { stdout, stderr, code } = await runInShell(line)
  if (code !== 0) throw new Error(`the command ended with ${code}: ${stderr}`)
  return stdout
}

/** The message with 64-bit integers as numbers, which they are by REST. */
function numbers(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (_, value) =>
      typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value,
    ),
  )
}

const differing: ReadonlySet<string> = new Set(['etag', 'revision', 'updateTime'])

/** Removes the values that differ for each put. */
function withoutStamps(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (key, value) => (differing.has(key) ? undefined : value)),
  )
}
