import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProgramOptions, spawnProgram } from '@marquee/testing/process'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { type Found, type Runtime, runtime } from '@marquee/testing/tools'
import type { Operation } from '../matrix/client.ts'
import { createService, type Service } from '../matrix/service.ts'
import { bundleEdge } from './bundle.ts'

export type Env = Readonly<Record<string, string>>

/** A platform that runs a service's `edge.ts`. */
export interface Platform {
  readonly name: string
  /** Operations of the matrix that it cannot do, and why. */
  readonly gap?: { readonly operations: readonly Operation[]; readonly reason: string }
  readonly found: Found<Runtime>
  start(service: string, env?: Env): Promise<Service>
}

export const onBun: Platform = {
  name: 'Bun.serve',
  found: runtime('bun'),
  start: (service, env = {}) =>
    serve({
      runtime: 'bun',
      entry: 'test/edge/bun-serve.ts',
      args: [entryOf(service)],
      env,
    }),
}

export const platforms: readonly Platform[] = [
  {
    name: 'deno serve',
    found: runtime('deno'),
    start: (service, env = {}) =>
      serve({
        runtime: 'deno',
        runtimeArgs: ['serve', '-A', '--host', '127.0.0.1', '--port', '0'],
        entry: entryOf(service),
        env,
      }),
  },
  onBun,
  {
    name: 'workerd',
    gap: {
      operations: ['server stream', 'cancellation'],
      reason: 'it says nothing of a client that has left, so the call has no line in the log',
    },
    found: runtime('node'),
    start: startWorkerd,
  },
]

function entryOf(service: string): string {
  return `services/${service}/edge.ts`
}

async function startWorkerd(service: string, env: Env = {}): Promise<Service> {
  await using stack = new AsyncDisposableStack()
  const folder = stack.use(await temporaryFolder())
  const script = join(folder.path, 'edge.mjs')
  await writeFile(script, await bundleEdge(service))
  const started = stack.use(
    await serve({
      runtime: 'node',
      entry: 'test/edge/workerd-node.ts',
      args: [script, JSON.stringify(env)],
    }),
  )
  const kept = stack.move()
  return { ...started, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function serve(options: ProgramOptions): Promise<Service> {
  const program = await spawnProgram(options)
  const [, url = ''] = await program.waitForLine(/Listening on (http:\S+)\//, 60_000)
  return createService(program, url)
}
