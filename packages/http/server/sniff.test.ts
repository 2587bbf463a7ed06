import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { recognise } from './sniff.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

test.each([
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['PRI', undefined],
  ['PRI * HTTP/2.0\r\n\r\n', 'http2'],
  ['PRI * HTTP/1.1\r\n', 'http1'],
  ['PROPFIND / HTTP/1.1', 'http1'],
  ['P', undefined],
  ['\x16\x03\x01', 'tls'],
  ['', undefined],
  ['\r\n', 'http1'],
] as const)('the bytes %j are detected as %s', (bytes, protocol) => {
  expect(recognise(Buffer.from(bytes, 'latin1'))).toBe(protocol)
})

test('the HTTP/2 preface is detected early, however it is split', () => {
  for (let length = 1; length < 18; length++) {
    expect(recognise(preface.subarray(0, length))).toBeUndefined()
  }
  for (let length = 18; length <= preface.length; length++) {
    expect(recognise(preface.subarray(0, length))).toBe('http2')
  }
})

test('later bytes do not change the detected protocol', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array(), (head, tail) => {
      const first = recognise(head)
      if (first !== undefined) expect(recognise(Buffer.concat([head, tail]))).toBe(first)
    }),
  )
})
