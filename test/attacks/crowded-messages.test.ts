import { expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import { Code } from '@connectrpc/connect'
import { encodeEnvelope } from '@connectrpc/connect/protocol'
import { describeWith } from '@marquee/testing/requirements'
import { runtime } from '@marquee/testing/tools'
import { postGrpc, statusOf } from './grpc-calls.ts'
import { underAttack } from './under-attack.ts'

const compressedFlag = 1
const calls = 20
const mebibyte = 1024 * 1024
const emptyMessages = (bytes: number) => Buffer.alloc(bytes, Buffer.from([0x0a, 0x00]))
const unknownFields = (bytes: number) => Buffer.alloc(bytes, Buffer.from([0x78, 0x01]))

const messages = [
  ['megabytes of empty messages', 'PutMetadata', emptyMessages(4 * mebibyte - 2)],
  ['as many empty messages as fit', 'PutMetadata', emptyMessages(64 * 1024)],
  ['as many empty texts as fit', 'BatchGetMetadata', emptyMessages(300 * 1024)],
  ['as many unknown fields as fit', 'ImportMetadata', unknownFields(64 * 1024)],
] as const

for (const name of ['bun', 'deno', 'node'] as const) {
  describeWith(runtime(name), `on ${name}`, () => {
    test.each(messages)('messages with %s are refused before they are parsed', async (...row) => {
      const [, method, message] = row
      const body = encodeEnvelope(compressedFlag, gzipSync(message, { level: 9 }))
      await underAttack({ runtime: name }, async ({ peer }) => {
        const attacker = await peer()
        for (let index = 0; index < calls; index++) {
          postGrpc(attacker, 1 + 2 * index, method, body, 'gzip')
        }
        for (let index = 0; index < calls; index++) {
          expect(await statusOf(attacker, 1 + 2 * index)).toBe(Code.ResourceExhausted)
        }
      })
    })
  })
}
