import { expect, test } from 'bun:test'
import { alsoOnDenoAndNode } from '@marquee/testing/other-runtimes/also-on'
import { pino } from 'pino'
import { logBounds, logLimits } from './bounds.ts'

alsoOnDenoAndNode(import.meta.filename)

const long = 'é"\n'.repeat(500_000)

function logged(fields: object) {
  const lines: string[] = []
  const log = pino(logBounds, { write: (line: string) => void lines.push(line) })
  log.error(fields, 'failed')
  const [line = ''] = lines
  return { line, fields: JSON.parse(line) }
}

test('a long text is cut', () => {
  const { fields } = logged({ reason: long, method: 'a' })
  expect(Buffer.byteLength(fields.reason)).toBeLessThanOrEqual(logLimits.textBytesMax)
  expect(fields).toMatchObject({ method: 'a', msg: 'failed' })
})

test('an error is logged with its causes and its stack, however long its messages are', () => {
  class StrangeError extends Error {
    override name = 'StrangeError'
    readonly detail = long
  }
  const cause = new TypeError(long)
  const error = new StrangeError(`it failed ${long}`, { cause })
  const { line, fields } = logged({ err: error })
  expect(line.length).toBeLessThan(10_000)
  expect(fields.err).toMatchObject({ type: 'StrangeError' })
  expect(fields.err.message).toStartWith('it failed é')
  expect(fields.err.stack).toMatch(/^StrangeError\n\s+at [\s\S]*bounds\.test/)
  expect(fields.err.stack).toContain('caused by: TypeError')
  expect(line).not.toContain('detail')
})

test('a short error is logged whole', () => {
  const cause = new Error('the disk is full')
  const error = Object.assign(new Error('not saved', { cause }), { code: 'SQLITE_FULL' })
  const { fields } = logged({ err: error })
  expect(fields.err).toMatchObject({ message: 'not saved: the disk is full', code: 'SQLITE_FULL' })
})

test('circular causes end', () => {
  const error = new Error('a')
  error.cause = error
  expect(logged({ err: error }).fields.err.message).toBe('a')
})

test('a thrown value that is no error is logged as well', () => {
  expect(logged({ err: long }).line.length).toBeLessThan(3_000)
  expect(logged({ err: undefined }).fields).toMatchObject({ msg: 'failed' })
})
