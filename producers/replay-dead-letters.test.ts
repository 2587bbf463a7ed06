import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { appendDeadLetters } from '@marquee/event-log/dead-letter'
import type { LogRecord, NewRecord } from '@marquee/event-log/port'
import { textHeader, textOfHeader } from '@marquee/event-log/record-headers'
import { temporaryFolder } from '@marquee/testing/temporary-folder'
import { openEventLogAt } from './config.ts'
import { replayDeadLettersProgram } from './replay-dead-letters.ts'
import { readRatingEvents } from './testing/recording-log.ts'
import { record } from './testing/recording-terminal.ts'

const encoder = new TextEncoder()
const deadLetterTopic = 'ratings.dlq'

/** Appends dead letters of events from partition 1 of `ratings`, starting at the offset. */
async function putAside(path: string, offset: number, values: readonly string[]): Promise<void> {
  await using eventLog = await openEventLogAt(path)
  const refused = values.map((value, index) => {
    const place = { offset: offset + index, timestampMs: 0 }
    const own: LogRecord = {
      ...place,
      key: encoder.encode(`key of ${value}`),
      value: encoder.encode(value),
      headers: [textHeader('trace', 't')],
    }
    return { topic: 'ratings', partition: 1, record: own, reason: 'not JSON' }
  })
  await appendDeadLetters(eventLog, deadLetterTopic, refused)
}

function run(path: string, ...args: string[]) {
  return record(replayDeadLettersProgram, ['--event-log', path, ...args])
}

const facts = (stdout: string) => stdout.split('\n').map((line) => line.replaceAll(/\s+/g, ' '))

test('dead letters are replayed unchanged, each once, however often the program runs', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'events.db')
  await putAside(path, 0, ['one', 'two', 'three'])
  const first = await run(path)
  expect(first).toMatchObject({ exitCode: 0, stderr: '' })
  expect(facts(first.stdout)).toEqual(expect.arrayContaining(['read 3', 'replayed 3', 'left 0']))
  expect(facts((await run(path)).stdout)).toContain('replayed 0')
  await putAside(path, 3, ['four'])
  expect(facts((await run(path)).stdout)).toContain('replayed 1')
  const records = await readRatingEvents(path, 4)
  const shown = records.map(({ key, value, headers }) => [
    `${key && Buffer.from(key)}`,
    `${value && Buffer.from(value)}`,
    headers.map((header) => [header.name, textOfHeader(header)]),
  ])
  expect(shown.toSorted()).toEqual(
    ['four', 'one', 'three', 'two'].map((value) => [`key of ${value}`, value, [['trace', 't']]]),
  )
})

test('a dead letter is replayed byte for byte, including original headers with our names', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'events.db')
  const binary = Uint8Array.of(0xff, 0x00, 0xc3)
  const headers = [
    textHeader('reason', 'its own'),
    textHeader('dead-letter-reason', 'its own'),
    { name: 'twice', value: binary },
    textHeader('dead-letter-omitted-bytes', '7'),
    { name: 'twice', value: null },
    textHeader('source-topic', 'its own'),
  ]
  const records: NewRecord[] = [
    { key: binary, value: binary, headers },
    { key: null, value: null },
    { key: '', value: new Uint8Array(), headers: [] },
  ]
  const refused = records.map((record, offset) => {
    const { key, value } = record
    const bytes = typeof key === 'string' ? encoder.encode(key) : key
    const own = { offset, timestampMs: 0, key: bytes, value, headers: record.headers ?? [] }
    return { topic: 'ratings', partition: 1, record: own, reason: 'not JSON' }
  })
  {
    await using eventLog = await openEventLogAt(path)
    await appendDeadLetters(eventLog, deadLetterTopic, refused)
  }
  const listed = (await run(path, '--list')).stdout.split('\n').map((line) => JSON.parse(line))
  expect(listed).toContainEqual(
    expect.objectContaining({
      reason: 'not JSON',
      'source-topic': 'ratings',
      key: { base64: '/wDD' },
      value: { base64: '/wDD' },
      headers: expect.arrayContaining([
        ['twice', null],
        ['dead-letter-reason', 'its own'],
      ]),
    }),
  )
  expect(listed).toContainEqual(expect.objectContaining({ key: null, value: null }))
  expect(listed).toContainEqual(expect.objectContaining({ key: '', value: '' }))
  expect(facts((await run(path)).stdout)).toContain('replayed 3')
  const back = await readRatingEvents(path, 3)
  const contentOf = ({ key, value, headers }: LogRecord) => {
    const hex = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('hex')
    return JSON.stringify([hex(key), hex(value), headers.map((one) => [one.name, hex(one.value)])])
  }
  const before = refused.map(({ record }) => contentOf(record))
  expect(back.map(contentOf).toSorted()).toEqual(before.toSorted())
})

test('a dead letter without its value is not replayed', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'events.db')
  await using eventLog = await openEventLogAt(path)
  const headers = [textHeader('value-omitted-bytes', '2000000')]
  await eventLog.append(deadLetterTopic, [{ key: '', value: new Uint8Array(), headers }])
  expect(facts((await run(path)).stdout)).toEqual(
    expect.arrayContaining(['read 1', 'replayed 0', 'left 1']),
  )
})

test('--list shows every dead letter with its reason and its source, and replays nothing', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'events.db')
  await putAside(path, 41, ['one'])
  for (let times = 0; times < 2; times++) {
    const { stdout } = await run(path, '--list')
    expect(JSON.parse(stdout)).toMatchObject({
      key: 'key of one',
      reason: 'not JSON',
      'source-topic': 'ratings',
      'source-partition': '1',
      'source-offset': '41',
      headers: [['trace', 't']],
      value: 'one',
    })
  }
  expect(facts((await run(path)).stdout)).toContain('replayed 1')
})

test.each([
  ['a file', ['letters.json'], /expected no file/],
  ['an unknown flag', ['--all'], /--all/],
])('replay-dead-letters refuses %s', async (_, args, reason) => {
  const { exitCode, stderr } = await record(replayDeadLettersProgram, args)
  expect(exitCode).toBe(2)
  expect(stderr).toMatch(reason)
})
