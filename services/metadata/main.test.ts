import { expect, test } from 'bun:test'
import { createClient } from '@connectrpc/connect'
import { createServiceTransport } from '@marquee/grpc-transport/service-transport'
import { MemoryBudget } from '@marquee/http/memory/budget'
import { createConnectionBudget } from '@marquee/http/server/connection-budget'
import type { Running } from '@marquee/service/process/run'
import { createSoleProcess } from '@marquee/service/workers/port'
import { failureOf } from '@marquee/testing/failure-of'
import { waitFor } from '@marquee/testing/wait-for'
import { pino } from 'pino'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { createStaticRegistry } from '../../packages/registry/static/static.ts'
import { readMetadataConfig } from './config.ts'
import { startMetadata } from './main.ts'

test('the catalogue is read when the whole program has started, and not before', async () => {
  await using stack = new AsyncDisposableStack()
  const { promise: started, resolve: onStarted } = Promise.withResolvers<void>()
  const { running, messages } = runningUntil(stack, started)
  const args = ['--port', '0', '--database-url', 'memory:', '--rating-url', '']
  const { registry: _, ...options } = readMetadataConfig({ args, env: {} })
  const registry = createStaticRegistry({ addresses: {} })
  const memory = new MemoryBudget({ bytesMax: options.memoryBytesMax })
  const { url } = await startMetadata(running, options, registry, memory)

  // The catalogue of an empty store is read within the turns of one call.
  const resolver = createStaticRegistry({ addresses: { metadata: [url] } })
  const transport = stack.use(await createServiceTransport({ resolver, service: 'metadata' }))
  await failureOf(createClient(MetadataService, transport).getMetadata({ movieId: 'nobody' }))
  expect(messages).not.toContain('read the catalogue')
  onStarted()
  await waitFor(() => messages.includes('read the catalogue'), { what: 'the catalogue' })
})

/** A program that ends with the stack, and the messages of its log. */
function runningUntil(stack: AsyncDisposableStack, started: Promise<void>) {
  const messages: string[] = []
  const write = (line: string) => messages.push((JSON.parse(line) as { msg: string }).msg)
  const log = pino({ level: 'debug' }, { write })
  const running: Running = {
    ...{ log, started, draining: new AbortController().signal, workers: createSoleProcess() },
    connections: createConnectionBudget({ max: 10, log }),
    onHangUp: () => ({ [Symbol.dispose]() {} }),
    use: (resource) => stack.use(resource),
  }
  return { running, messages }
}
