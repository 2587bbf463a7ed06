import type { Round } from './fuzz.ts'
import { fuzzHpack } from './hpack.ts'
import { fuzzHttp1 } from './http1.ts'
import { fuzzHttp1Flood } from './http1-flood.ts'
import { fuzzHttp1Boundaries } from './http1-second-parser.ts'
import { fuzzHttp2 } from './http2.ts'
import { fuzzHttp2Client } from './http2-client.ts'
import { fuzzHttp2Flood } from './http2-flood.ts'

/** The second HTTP/1.1 parser is that of Node. */
const isNode = process.versions.bun === undefined && process.versions.deno === undefined

/** All subjects of fuzzing. */
export const subjects: Readonly<Record<string, Round>> = {
  'http/1.1 means the same however it is cut': fuzzHttp1,
  'http/1.1 keeps little for a client that does not read': fuzzHttp1Flood,
  'http/2 follows the model of RFC 9113': fuzzHttp2,
  'http/2 keeps little for a client that does not read': fuzzHttp2Flood,
  'an http/2 client tells each stream its end once': fuzzHttp2Client,
  'hpack reads what it wrote': fuzzHpack,
  ...(isNode ? { 'http/1.1 has the boundaries that llhttp sees': fuzzHttp1Boundaries } : {}),
}
