import { expect, test } from 'bun:test'
import { type CpuProfile, sharesOf, stacksOf, toFolded } from './cpu-profile.ts'

function frame(functionName: string, url = '') {
  return { functionName, url }
}

const serialize = frame('serialize', '/a/packages/connect-hono/protobuf/codec.ts')
const stringify = frame('stringify')
const write = frame('_write', 'node:net')
const flush = frame('flush', '/a/packages/http/http1/output.ts')

const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 4] },
    { id: 2, callFrame: serialize, children: [3] },
    { id: 3, callFrame: stringify },
    { id: 4, callFrame: flush, children: [5] },
    { id: 5, callFrame: write },
  ],
  startTime: 1_000,
  endTime: 1_050,
  samples: [2, 3, 3, 5, 4],
  timeDeltas: [10, 10, 10, 10, 10],
}

test('the time of native code belongs to the code that calls it, that of a module to the runtime', () => {
  expect(sharesOf(stacksOf(profile, 50))).toEqual([
    ['messages, our encoder', 0.6],
    ['the runtime: sockets, streams, files', 0.2],
    ['HTTP/1.1', 0.2],
  ])
})

test('only the last part of a profile counts', () => {
  expect([...stacksOf(profile, 20)]).toEqual([
    [[stringify, serialize], 1],
    [[write, flush], 1],
    [[flush], 1],
  ])
})

test('folded stacks begin with the outermost function', () => {
  expect(toFolded(stacksOf(profile, 20))).toBe(
    'flush output.ts 1\nflush output.ts;_write node:net 1\nserialize codec.ts;stringify 1\n',
  )
})
