import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openChromium } from '@marquee/testing/chromium'
import { freePorts } from '@marquee/testing/free-ports'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { root, runtime, tool } from '@marquee/testing/tools'
import { checkTypes, installPacked, output, start, writeExample } from './outside.ts'
import { startRegistry } from './registry.ts'

/** Maximum size of the script of a page that watches a movie, compressed with gzip. */
const scriptBytesMax = 26 * 1_024
const vite = '8.4.0'
const setUpTimeoutMs = 240_000
/** A busy machine starts programs slowly. */
const waitMs = 60_000
const record = { recordId: 'the-matrix-1999', recordType: 'movie' }

/** Prints every event of a watch. */
const watchProgram = `
import { createMarquee } from '@marquee/client'

const marquee = createMarquee({ baseUrl: process.env.MARQUEE ?? '' })
for await (const event of marquee.watchRatings({ records: [${JSON.stringify(record)}] })) {
  if (event.state !== 'live') console.log(event.state)
  else console.log('count', Number(event.value.aggregatedRating?.count ?? 0))
}
`

/** Declares the tests of the packed client in projects of its users. The packages are packed. */
export function testClient(): void {
  const resources = new AsyncDisposableStack()
  let server: Server
  let vitePage: string
  let denoProject: string

  beforeAll(async () => {
    server = resources.use(await createServer())
    await server.start()
    const { path } = resources.use(await temporaryFolder())
    vitePage = await createVitePage(join(path, 'page'), server.url)
    const registry = resources.use(await startRegistry())
    denoProject = await createDenoProject(join(path, 'deno'), registry.url)
  }, setUpTimeoutMs)
  afterAll(() => resources.disposeAsync(), setUpTimeoutMs)

  test(`the script of a page that watches takes ${scriptBytesMax} bytes`, async () => {
    const assets = join(vitePage, 'dist', 'assets')
    const scripts = (await readdir(assets)).filter((name) => name.endsWith('.js'))
    expect(scripts).toHaveLength(1)
    const bytes = gzipSync(await readFile(join(assets, scripts[0] ?? '')), { level: 9 }).length
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThanOrEqual(scriptBytesMax)
  })

  test('the example of a program has no type errors', async () => {
    await checkTypes(join(vitePage, 'rate.ts'))
  }, 60_000)

  describeWith(runtime('deno'), 'in a Deno project', () => {
    test(
      'a program rates and sees why a rating is refused; a watch misses no final state',
      async () => {
        const env = { MARQUEE: server.url, DENO_DIR: join(denoProject, 'cache') }
        await using watching = await start('deno', join(denoProject, 'watch.ts'), env)
        await watching.waitForLine(/^count 0$/m, waitMs)
        await rate(denoProject, env)
        await watching.waitForLine(/^count 1$/m, waitMs)
        await server.kill()
        await watching.waitForLine(/^waiting$/m, waitMs)
        await server.start()
        await server.rate('grace')
        await watching.waitForLine(/^count 2$/m, waitMs)
        expect(watching.stderr()).toBe('')
      },
      setUpTimeoutMs,
    )
  })

  describeWith(tool('chromium'), 'in an empty Vite project', (path) => {
    test(
      'the page of the README shows a rating, and the next one after the server was killed',
      async () => {
        await using preview = await spawnProgram({
          runtime: 'node',
          entry: join(vitePage, 'node_modules', 'vite', 'bin', 'vite.js'),
          args: [
            'preview',
            '--port',
            String(server.pagePort),
            '--strictPort',
            '--host',
            '127.0.0.1',
          ],
          cwd: vitePage,
        })
        await preview.waitForLine(/127\.0\.0\.1:/, waitMs)
        await using browser = await openChromium(path)
        const page = await browser.newPage()
        page.setDefaultTimeout(waitMs)
        await page.goto(`http://127.0.0.1:${server.pagePort}/`)
        await page.getByText(/^The Matrix: /).waitFor()
        await server.rate('ada', 4.5)
        await server.rate('grace', 4.5)
        await page.getByText('The Matrix: 4.5').waitFor()
        await server.kill()
        await page.waitForFunction(() => document.title === 'waiting')
        await server.start()
        await server.rate('ada', 3)
        await server.rate('grace', 3)
        await page.getByText('The Matrix: 3').waitFor()
      },
      setUpTimeoutMs,
    )
  })
}

/** A Marquee that keeps its ports and its data when it is killed. */
interface Server extends AsyncDisposable {
  readonly url: string
  /** Port of a page whose scripts may call it. */
  readonly pagePort: number
  start(): Promise<void>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
  rate(userId: string, value?: number): Promise<void>
}

async function createServer(): Promise<Server> {
  const data = await temporaryFolder()
  const [metadata, rating, movie, pagePort] = await freePorts(4)
  const url = `http://127.0.0.1:${movie}`
  const ports = Object.entries({ metadata, rating, movie }).flatMap(([name, port]) => [
    ...[`--port-${name}`, String(port)],
  ])
  const args = [...ports, '--data', data.path, '--cors-origins', `http://127.0.0.1:${pagePort}`]
  let program: Program | undefined
  return {
    url,
    pagePort: pagePort ?? 0,
    async start() {
      program = await spawnProgram({ runtime: 'bun', entry: 'services/dev.ts', args })
      await program.waitForLine(/^ +movie +http:/m, waitMs)
    },
    async kill() {
      program?.kill('SIGKILL')
      await program?.exited
    },
    async rate(userId, value = 5) {
      const response = await fetch(`${url}/rating.v1.RatingService/PutRating`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...record, userId, value }),
      })
      if (!response.ok) throw new Error(`the rating was refused: ${await response.text()}`)
    },
    async [Symbol.asyncDispose]() {
      await program?.[Symbol.asyncDispose]()
      await data[Symbol.asyncDispose]()
    },
  }
}

/** Builds the page of the README in an empty Vite project. Returns its folder. */
async function createVitePage(folder: string, url: string): Promise<string> {
  await mkdir(folder)
  await installPacked(folder, ['back-off', 'client'], { vite })
  await writeExample(folder, 'client', '.')
  const page =
    '<!doctype html><title></title><body></body><script type="module" src="/main.ts"></script>'
  await writeFile(join(folder, 'index.html'), page)
  await writeFile(join(folder, '.env'), `VITE_MARQUEE=${url}\n`)
  await output(
    join(root, 'node_modules', '.bin', 'node'),
    ['node_modules/vite/bin/vite.js', 'build'],
    folder,
  )
  return folder
}

/** Adds the client to an empty Deno project, as the README says. Returns its folder. */
async function createDenoProject(folder: string, registry: string): Promise<string> {
  await mkdir(folder)
  await writeExample(folder, 'client', '.')
  await writeFile(join(folder, 'watch.ts'), watchProgram)
  await writeFile(join(folder, 'deno.json'), '{}')
  await writeFile(join(folder, '.npmrc'), `@marquee:registry=${registry}/\n`)
  const env = { DENO_DIR: join(folder, 'cache') }
  await output('deno', ['add', 'npm:@marquee/client'], folder, env)
  return folder
}

/** Runs the program of the README. */
async function rate(folder: string, env: Readonly<Record<string, string>>): Promise<void> {
  await using program = await start('deno', join(folder, 'rate.ts'), env)
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(program.stdout()).toBe('rated 1n\ninvalid_argument\n')
}
