import type { Random } from './random.ts'

/** Returns requests of clients and attackers, assembled at random from pieces. */
export function randomHttp1(random: Random): Buffer {
  const count = random.integer(1, 4)
  const requests = Array.from({ length: count }, () => randomRequest(random))
  const bytes = Buffer.concat(requests)
  return random.once(2) ? mutate(random, bytes) : bytes
}

function randomRequest(random: Random): Buffer {
  const method = random.pick(['GET', 'POST', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'X-OWN'])
  const target = random.pick(['/', '/echo?a=b', '/early', '/a/b', 'http://a/echo', '*'])
  const version = random.once(12) ? random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.9']) : 'HTTP/1.1'
  const lines = [`${method} ${target} ${version}`, 'Host: a']
  for (let count = random.integer(0, 4); count > 0; count--) lines.push(random.pick(plainLines))
  const hasBody = method === 'POST' || method === 'PUT'
  if (random.once(4)) lines.push(random.pick(framingLines))
  const isChunked = hasBody && random.once(2)
  const body = hasBody ? random.bytes(random.integer(0, random.once(5) ? 5000 : 40)) : noBytes
  if (isChunked) lines.push('Transfer-Encoding: chunked')
  else if (hasBody) lines.push(`Content-Length: ${body.length}`)
  const lineEnd = random.once(20) ? random.pick(['\n', '\r', ' \r\n', '\r\n\t']) : '\r\n'
  const head = Buffer.from(`${lines.join(lineEnd)}\r\n\r\n`, 'latin1')
  return Buffer.concat([head, isChunked ? chunked(random, body) : body])
}

const noBytes = Buffer.alloc(0)

const plainLines = [
  'Accept: */*',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: keep-alive, Upgrade',
  'Cookie: a=b; c=d',
  'Expect: 100-continue',
  'Host: b',
  'TE: trailers',
  'Upgrade: h2c',
  'X-Empty:',
  'X-Latin: \xe4\xf6',
  `X-Long: ${'x'.repeat(1500)}`,
]

/** Header lines that two parsers may interpret differently (request smuggling). */
export const framingLines = [
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: -1',
  'Content-Length: 5, 5',
  'Content-Length: 5, 6',
  'Content-Length: 0x5',
  'Content-Length: 5 5',
  'Content-Length: ',
  'Content-Length : 5',
  'Content-Length: 99999999999999999999',
  ' Content-Length: 5',
  'Content-Length\0: 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: "chunked"',
  'Transfer-Encoding:\x0bchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: chunked\rX: y',
  'Transfer-Encoding:\r\n chunked',
  'Transfer_Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'Transfer-Encoding: ',
]

function chunked(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const end = Math.min(body.length, at + random.integer(1, body.length))
    const size = (end - at).toString(16)
    const line = random.once(8) ? random.pick(chunkLines(size)) : size
    parts.push(Buffer.from(`${line}\r\n`, 'latin1'), body.subarray(at, end))
    parts.push(Buffer.from(random.once(60) ? random.pick(['', '\n', 'x\r\n']) : '\r\n'))
    at = end
  }
  const trailers = random.once(3) ? 'X-Sum: 1\r\nX-More: 2\r\n' : ''
  return Buffer.concat([...parts, Buffer.from(`0\r\n${trailers}\r\n`)])
}

function chunkLines(size: string): string[] {
  return [
    ...[`0${size}`, `00000${size}`, `${size};a=b`, `${size} ;a`, `${size};a="\\""`, `${size} `],
    ...[`0x${size}`, ` ${size}`, `-${size}`, `+${size}`, `${size};a\nb`, `${size}\r`, ''],
    ...[`ffffffffffffffff${size}`, `${size};${'a'.repeat(300)}`, `${size}g`],
  ]
}

function mutate(random: Random, bytes: Buffer): Buffer {
  let mutated = bytes
  for (let count = random.integer(1, 3); count > 0; count--) {
    const at = random.integer(0, Math.max(0, mutated.length - 1))
    const [before, behind] = [mutated.subarray(0, at), mutated.subarray(at)]
    const insertion = Buffer.from(random.pick(['\r', '\n', '\r\n', '\0', ' ', ':', '\t', '0']))
    switch (random.integer(0, 3)) {
      case 0:
        mutated = Buffer.concat([before, insertion, behind])
        break
      case 1:
        mutated = Buffer.concat([before, insertion, behind.subarray(1)])
        break
      case 2:
        mutated = Buffer.concat([before, behind.subarray(random.integer(1, 4))])
        break
      default:
        mutated = Buffer.concat([before, behind.subarray(0, 30), behind])
    }
  }
  return mutated
}
