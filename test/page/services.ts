import { type Program, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'

/** Timeout of building the page and starting the services on a busy machine, in milliseconds. */
const startTimeoutMs = 20_000

/** The three services in one process, with the demo catalogue and the page. */
export interface Services extends AsyncDisposable {
  readonly urls: { readonly metadata: string; readonly rating: string; readonly movie: string }
  /** The folder of their data. */
  readonly data: string
}

/**
 * Builds the page when its source has changed, and starts the services, each on a free port.
 * @param further More flags.
 */
export async function startServices(further: readonly string[] = []): Promise<Services> {
  await using stack = new AsyncDisposableStack()
  await buildPage()
  const { path: data } = stack.use(await temporaryFolder())
  const ports = ['metadata', 'rating', 'movie'].flatMap((name) => [`--port-${name}`, '0'])
  const program = await spawnProgram({
    runtime: 'bun',
    entry: 'services/dev.ts',
    args: [...ports, '--data', data, ...further],
  })
  stack.use(program)
  const urls = {
    metadata: await urlOf(program, 'metadata'),
    rating: await urlOf(program, 'rating'),
    movie: await urlOf(program, 'movie'),
  }
  const started = stack.move()
  return { urls, data, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

/** Builds the page; does nothing when its source has not changed. */
export async function buildPage(): Promise<void> {
  await using program = await spawnProgram({ runtime: 'bun', entry: 'scripts/build-web.ts' })
  const { code } = await program.exited
  if (code !== 0) throw new Error(`the page cannot be built: ${program.stderr()}`)
}

async function urlOf(program: Program, service: string): Promise<string> {
  const line = new RegExp(`^ +${service} +(http://\\S+)$`, 'm')
  return (await program.waitForLine(line, startTimeoutMs))[1] ?? ''
}
