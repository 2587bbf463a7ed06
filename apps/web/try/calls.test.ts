import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { execFile } from 'node:child_process'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type DescMethod, fromJson } from '@bufbuild/protobuf'
import { type Program, spawnProgram } from '@marquee/testing/process'
import { describeWith } from '@marquee/testing/requirements'
import { type TemporaryFolder, temporaryFolder } from '@marquee/testing/temporary-folder'
import { tool } from '@marquee/testing/tools'
import { type Call, type CallEvent, type CallOptions, defaultCallOptions } from './call.ts'
import { bufCommand } from './command-buf.ts'
import { curlCommand } from './command-curl.ts'
import { grpcurlCommand } from './command-grpcurl.ts'
import { type Reflected, reflect } from './reflection.ts'
import { runCall } from './run-call.ts'
import { violationsOf } from './violations.ts'

let folder: TemporaryFolder
let service: Program
let baseUrl: string
let reflected: Reflected

beforeAll(async () => {
  folder = await temporaryFolder()
  service = await spawnProgram({
    runtime: 'bun',
    entry: 'services/rating/main.ts',
    args: [
      '--port',
      '0',
      '--database-url',
      'memory:',
      '--event-log',
      join(folder.path, 'events.db'),
    ],
  })
  const [, url = ''] = await service.waitForLine(/"url":"(http:[^"]+)"/)
  baseUrl = url
  reflected = await reflect(baseUrl, AbortSignal.timeout(5_000))
})

afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

/** Text that a shell would split or expand unless it is quoted. */
const awkward = `it's "$HOME" \`id\` \\n 100% é!`
const rating = { recordId: 'm1', recordType: 'movie', userId: 'u1', value: 4 }

function methodOf(name: string): DescMethod {
  const methods = reflected.services.flatMap((one) => one.methods)
  const method = methods.find((one) => one.name === name)
  if (!method) throw new Error(`${name} is not served`)
  return method
}

function callOf(name: string, messages: object[], options: Partial<CallOptions> = {}): Call {
  const method = methodOf(name)
  const { registry } = reflected
  return {
    baseUrl,
    method,
    registry,
    messages: messages.map((one) => fromJson(method.input, one as never, { registry })),
    options: { ...defaultCallOptions, ...options },
  }
}

async function eventsOf(call: Call): Promise<CallEvent[]> {
  return await Array.fromAsync(runCall(call, AbortSignal.timeout(5_000)))
}

const variants = [
  { protocol: 'connect', format: 'json' },
  { protocol: 'connect', format: 'binary' },
  { protocol: 'grpc-web', format: 'json' },
  { protocol: 'grpc-web', format: 'binary' },
] as const

for (const way of variants) {
  describe(`by ${way.protocol} in ${way.format}`, () => {
    test('a unary call has a head, a message and an end', async () => {
      const events = await eventsOf(callOf('PutRating', [rating], way))
      expect(events.map(({ kind }) => kind)).toEqual(['head', 'message', 'end'])
      expect(events[0]).toMatchObject({ httpStatus: 200 })
      const message = events[1]?.kind === 'message' ? events[1].json : ''
      expect(JSON.parse(message).aggregatedRating.recordId).toBe('m1')
      expect(events[2]).not.toHaveProperty('error')
    })

    test('an invalid value is reported for its field', async () => {
      const events = await eventsOf(callOf('PutRating', [{ ...rating, value: 9 }], way))
      const end = events.at(-1)
      if (end?.kind !== 'end' || !end.error) throw new Error('it did not fail')
      expect(end.error.code).toBe('invalid_argument')
      expect(violationsOf(end.error.details).map(({ path }) => path)).toEqual(['value'])
    })

    test('several messages are sent as one stream', async () => {
      const messages = [{ rating }, { rating: { ...rating, value: 9 } }]
      const events = await eventsOf(callOf('ImportRatings', messages, way))
      const message = events.find((one) => one.kind === 'message')
      expect(JSON.parse(message?.json ?? '')).toMatchObject({ refusedCount: '1' })
    })

    test('a stream yields messages as they arrive, until it is canceled', async () => {
      const records = [{ recordId: 'm9', recordType: 'movie' }]
      const stop = new AbortController()
      const kinds: string[] = []
      let end: CallEvent | undefined
      for await (const event of runCall(
        callOf('WatchAggregatedRatings', [{ records }], way),
        stop.signal,
      )) {
        kinds.push(event.kind)
        if (event.kind === 'message') stop.abort()
        end = event
      }
      expect(kinds).toEqual(['head', 'message', 'end'])
      expect(end).toMatchObject({ error: { code: 'canceled' } })
    })
  })
}

test('a method without side effects is called by GET', async () => {
  await eventsOf(callOf('PutRating', [rating]))
  const { recordId, recordType } = rating
  for (const format of ['json', 'binary'] as const) {
    const call = callOf('GetAggregatedRating', [{ recordId, recordType }], { format, useGet: true })
    const events = await eventsOf(call)
    expect(events.map(({ kind }) => kind)).toEqual(['head', 'message', 'end'])
  }
})

test('services that are expected are described in one request, and others by a second', async () => {
  const own = 'rating.v1.RatingService'
  const known = await reflect(baseUrl, AbortSignal.timeout(5_000), {
    expected: [own, 'no.such.Service'],
  })
  const names = (all: Reflected) => all.services.map(({ typeName }) => typeName)
  expect(names(known)).toEqual(names(reflected))
  const alone = await reflect(baseUrl, AbortSignal.timeout(5_000), {
    expected: [own],
    isWanted: (name) => name === own,
  })
  expect(names(alone)).toEqual([own])
  expect(alone.registry.getService('system.v1.DeadLetterService')).toBeUndefined()
})

test('an unreachable server is an end with the code unavailable', async () => {
  const call = { ...callOf('PutRating', [rating]), baseUrl: 'http://127.0.0.1:9' }
  expect(await eventsOf(call)).toMatchObject([{ kind: 'end', error: { code: 'unavailable' } }])
})

/** The calls whose commands are run: unary, a stream, an empty stream, and a GET. */
function commandCalls(options: Partial<CallOptions>): Call[] {
  const awkwardRating = { ...rating, recordId: 'm2', recordType: awkward.replaceAll(' ', '_') }
  return [
    callOf('PutRating', [awkwardRating], options),
    callOf(
      'ImportRatings',
      [{ rating: awkwardRating }, { rating: { recordId: awkward } }],
      options,
    ),
    callOf('ImportRatings', [], options),
    callOf(
      'GetRating',
      [awkwardRating].map(({ value: _, ...one }) => one),
      { ...options, useGet: true },
    ),
  ]
}

const headers = [['x-request-id', `a, "b" 'c'`]] as const

/** Output of the command, run by a shell as if it were pasted. */
async function printed(command: string, program: string): Promise<string> {
  const path = `${dirname(program)}:${process.env.PATH}`
  const run = promisify(execFile)
  const { stdout } = await run('sh', ['-c', command], {
    env: { ...process.env, PATH: path },
    timeout: 10_000,
  })
  return stdout
}

describeWith(tool('curl'), 'curl commands, pasted into a shell', (program) => {
  for (const way of variants) {
    test(`get the same response as the page, by ${way.protocol} in ${way.format}`, async () => {
      const outputs = await Promise.all(
        commandCalls({ ...way, headers, timeoutMs: 5_000 }).map((call) =>
          printed(curlCommand(call), program),
        ),
      )
      // od prints each byte as a character in three columns.
      const [put, imported, empty, got] =
        way.format === 'binary'
          ? outputs.map((text) => text.replaceAll(/ {3}|\n\d+/g, ''))
          : outputs
      expect(put).toContain('m2')
      expect(imported).toContain(way.format === 'json' ? '"refusedCount":"1"' : 'value')
      expect(empty).toContain(way.protocol === 'connect' ? '{' : 'grpc-status')
      expect(got).toContain('m2')
    })
  }
})

describeWith(tool('grpcurl'), 'grpcurl commands, pasted into a shell', (program) => {
  test('get the same response as the page', async () => {
    const calls = commandCalls({ headers, timeoutMs: 5_000 })
    const outputs = await Promise.all(
      calls.map((call) => printed(grpcurlCommand(call, new URL(baseUrl)), program)),
    )
    expect(outputs[0]).toContain('"recordId": "m2"')
    expect(outputs[1]).toContain('"refusedCount": "1"')
    expect(outputs[2]).toBe('{}\n')
    expect(outputs[3]).toContain('"value": 4')
  })
})

describeWith(tool('buf'), 'buf commands, pasted into a shell', (program) => {
  for (const protocol of ['connect', 'grpc-web'] as const) {
    test(`get the same response as the page, by ${protocol}`, async () => {
      const calls = commandCalls({ protocol, headers })
      const outputs = await Promise.all(calls.map((call) => printed(bufCommand(call), program)))
      expect(JSON.parse(outputs[0] ?? '')).toMatchObject({ aggregatedRating: { recordId: 'm2' } })
      expect(JSON.parse(outputs[1] ?? '')).toMatchObject({ refusedCount: '1' })
      expect(JSON.parse(outputs[2] ?? '')).toEqual({})
      expect(JSON.parse(outputs[3] ?? '')).toMatchObject({ rating: { value: 4 } })
    })
  }
})
