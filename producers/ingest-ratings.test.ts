import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { LogRecord, NewRecord } from '@marquee/event-log/port'
import { ingestRatings } from './ingest.ts'
import { ingestRatingsProgram } from './ingest-ratings.ts'
import { createSummary } from './summary.ts'
import { readRatingEvents } from './testing/recording-log.ts'
import { record } from './testing/recording-terminal.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ingest-ratings-'))
})
afterAll(() => rm(folder, { recursive: true }))

const ancestor =
  '{"userId":"105","recordId":"1","recordType":"movie","value":5,"providerId":"test-provider","eventType":"put"}'
const spaced = '{ "userId": "é", "recordId": "2", "unknown": [1, {"a": 1.50}] }'

/** Runs the program with a temporary event log. */
async function ingest(stdin: string | Uint8Array, ...args: string[]) {
  const path = join(folder, crypto.randomUUID(), 'events.db')
  const run = await record(ingestRatingsProgram, ['--event-log', path, ...args], { stdin })
  return { ...run, path, facts: run.stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' ')) }
}

function show(records: readonly (LogRecord | NewRecord)[]) {
  const shown = records.map(({ key, value }) => ({
    key: key === null ? null : `${Buffer.from(key)}`,
    value: new TextDecoder().decode(value ?? undefined),
  }))
  return shown.sort((a, b) => (a.value < b.value ? -1 : 1))
}

test('events are appended unchanged, with the record id as the key', async () => {
  const { exitCode, facts, stderr, path } = await ingest(`${ancestor}\r\n\n${spaced}`, '-')
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(facts).toEqual(['read 2', 'appended 2', 'refused 0', expect.stringMatching(/^seconds/)])
  expect(show(await readRatingEvents(path, 2))).toEqual(
    [
      { key: '2', value: spaced },
      { key: '1', value: ancestor },
    ].sort((a, b) => (a.value < b.value ? -1 : 1)),
  )
})

test('a JSON array is appended like the same events line by line', async () => {
  const { facts, path } = await ingest(gzipSync(`\uFEFF \n[${ancestor},\n${ancestor}]`), '-')
  expect(facts).toEqual(expect.arrayContaining(['read 2', 'appended 2']))
  const event = { key: '1', value: ancestor }
  expect(show(await readRatingEvents(path, 2))).toEqual([event, event])
})

test('a line that is not a JSON object is refused by number, and the rest is appended', async () => {
  const long = JSON.stringify({ recordId: '1', note: 'é'.repeat(200_000) })
  const { exitCode, facts } = await ingest(
    [ancestor, '{"userId":', '[]', '', 'null', '5', long, long + long, ancestor].join('\n'),
    '-',
  )
  expect(exitCode).toBe(0)
  expect(facts).toEqual([
    'refused line 2: it is not JSON',
    'refused line 3: it is not a JSON object',
    'refused line 5: it is not a JSON object',
    'refused line 6: it is not a JSON object',
    'refused line 7: it is longer than 262,144 bytes',
    'refused line 8: it is longer than 262,144 bytes',
    'read 8',
    'appended 2',
    'refused 6',
    expect.stringMatching(/^seconds/),
  ])
})

test('an array element that is not an object is refused, and the rest is appended', async () => {
  const { facts } = await ingest(`[${ancestor}, 5, null, ${ancestor}]`, '-')
  expect(facts).toEqual(
    expect.arrayContaining([
      'refused element 2 (line 1): it is not a JSON object',
      'appended 2',
      'refused 2',
    ]),
  )
})

test('a number keeps all its digits on a line, in an array, and with --provider', async () => {
  const events = ['{"userId":1114259415508639744123,"seq":9007199254740993}', '{ }']
  for (const text of [events.join('\n'), `[${events}]`]) {
    const values = show((await appendsOf(text)).flat()).map(({ value }) => value)
    expect(values.sort()).toEqual([...events].sort())
  }
  const named = show((await appendsOf(events.join('\n'), 'a"b')).flat()).map(({ value }) => value)
  expect(named.sort()).toEqual(
    [
      '{"providerId":"a\\"b"}',
      '{"userId":1114259415508639744123,"seq":9007199254740993,"providerId":"a\\"b"}',
    ].sort(),
  )
})

test('an event that is not UTF-8 is refused with its line, and read with its encoding', async () => {
  const users = ['Jos\xe9', 'Jos\xe8', 'Josef']
  const text = users.map((userId) => JSON.stringify({ userId, recordId: '1' })).join('\n')
  const { facts } = await ingest(Buffer.from(text, 'latin1'), '-')
  const reason = 'it is not UTF-8: name the encoding of the file, as in --encoding latin1'
  expect(facts.slice(0, 5)).toEqual([
    `refused line 1: ${reason}`,
    `refused line 2: ${reason}`,
    'read 3',
    'appended 1',
    'refused 2',
  ])
  const read = await ingest(Buffer.from(text, 'latin1'), '--encoding', 'latin1', '-')
  const values = show(await readRatingEvents(read.path, 3)).map(({ value }) => value)
  expect(values.join('\n')).toContain('José')
  expect(values.join('\n')).toContain('Josè')
})

test('the complete elements of a malformed array are appended, and the error names the place', async () => {
  const { exitCode, stderr, facts } = await ingest(`[\n${ancestor},\n${ancestor},\n]`, '-')
  expect(exitCode).toBe(1)
  expect(facts).toEqual(expect.arrayContaining(['read 2', 'appended 2']))
  expect(stderr).toBe(
    'ingest-ratings: standard input is not a JSON array at line 4, byte 225, after element 2: ' +
      'a value is missing before "]"\n',
  )
})

test('an empty file has no events', async () => {
  const path = join(folder, 'empty')
  await writeFile(path, '')
  const { exitCode, facts } = await ingest('', path)
  expect(exitCode).toBe(0)
  expect(facts).toContain('read 0')
})

test.each([
  ['an unknown flag', ['--nonsense', '-'], 2, /Unknown option '--nonsense'/],
  ['no file', [], 2, /expected one file/],
  ['an absent file', ['/no/such/file'], 2, /there is no file/],
  ['a folder', [tmpdir()], 2, /is a folder/],
  ['an event log in a file', ['--event-log', '/dev/null/events.db', '-'], 1, /\/dev\/null/],
])('ingest-ratings prints one line for %s', async (_, args, expected, reason) => {
  const { exitCode, stdout, stderr } = await ingest('', ...args)
  expect({ exitCode, stdout }).toEqual({ exitCode: expected, stdout: '' })
  expect(stderr).toMatch(reason)
  expect(stderr).toMatch(/^ingest-ratings: .*\n$/)
})

/** Runs `ingestRatings` with a log that records each append. */
async function appendsOf(text: string, provider?: string, signal = new AbortController().signal) {
  const appends: NewRecord[][] = []
  async function* chunks() {
    yield new TextEncoder().encode(text)
  }
  await ingestRatings({
    source: { name: 'test', chunks: chunks() },
    topic: 'ratings',
    eventLog: {
      async append(topic, records) {
        expect(topic).toBe('ratings')
        appends.push([...records])
      },
    },
    provider,
    summary: createSummary([]),
    onProgress() {},
    signal,
  })
  return appends
}

test('an event whose record id is not a string has no key', async () => {
  const records = (await appendsOf('{"recordId":1}\n{}\n{"recordId":null}')).flat()
  expect(records.map(({ key }) => key)).toEqual(['', '', ''])
})

test('--provider is added to events without a provider id', async () => {
  const events = '{"a":1}\n{"providerId":"","a":2}'
  const records = (await appendsOf(events, 'import')).flat()
  expect(show(records).map(({ value }) => value)).toEqual([
    '{"a":1,"providerId":"import"}',
    '{"providerId":"","a":2}',
  ])
})

test('events are appended in batches, in order', async () => {
  const events = Array.from({ length: 12_000 }, (_, index) => `{"recordId":"${index}"}`)
  const appends = await appendsOf(events.join('\n'))
  expect(appends.map((records) => records.length)).toEqual([5_000, 5_000, 1_999, 1])
  expect(appends.flat().map(({ key }) => key)).toEqual(events.map((_, index) => `${index}`))
})

test('nothing is appended after Ctrl-C', async () => {
  expect(await appendsOf('{}\n{}', undefined, AbortSignal.abort())).toEqual([])
})
