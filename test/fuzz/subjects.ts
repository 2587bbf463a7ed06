import type { Round } from './fuzz.ts'
import { fuzzHpack } from './hpack.ts'
import { fuzzHttp1 } from './http1.ts'
import { fuzzHttp2 } from './http2.ts'

/** All that is fuzzed. */
export const subjects: Readonly<Record<string, Round>> = {
  'http/1.1 means the same however it is cut': fuzzHttp1,
  'http/2 follows the model of RFC 9113': fuzzHttp2,
  'hpack reads what it wrote': fuzzHpack,
}
