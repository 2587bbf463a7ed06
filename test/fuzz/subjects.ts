import type { Round } from './fuzz.ts'
import { fuzzHpack } from './hpack.ts'
import { fuzzHttp1 } from './http1.ts'
import { fuzzHttp2 } from './http2.ts'
import { fuzzHttp2Client } from './http2-client.ts'

/** All that is fuzzed. */
export const subjects: Readonly<Record<string, Round>> = {
  'http/1.1 means the same however it is cut': fuzzHttp1,
  'http/2 follows the model of RFC 9113': fuzzHttp2,
  'an http/2 client tells each stream its end once': fuzzHttp2Client,
  'hpack reads what it wrote': fuzzHpack,
}
