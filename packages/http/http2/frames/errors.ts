import { errorCode } from './wire.ts'

const codeNames = new Map<number, string>(
  Object.entries(errorCode).map(([name, code]) => [code, name]),
)

/** The name of a code of RFC 9113 §7, for people. */
export function errorName(code: number): string {
  return codeNames.get(code) ?? `error code ${code}`
}

/** What makes a whole connection unusable (RFC 9113 §5.4.1). The message goes to the peer with the GOAWAY. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Why a stream ended before its time: reset by either side (RFC 9113 §5.4.2). */
export class StreamReset extends Error {
  override name = 'StreamReset'
  readonly code: number

  constructor(code: number, message: string) {
    super(`${message}: ${errorName(code)}`)
    this.code = code
  }
}
