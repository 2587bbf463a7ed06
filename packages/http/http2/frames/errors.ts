import { errorCode } from './wire.ts'

const codeNames = new Map<number, string>(
  Object.entries(errorCode).map(([name, code]) => [code, name]),
)

/** Returns the readable name of an error code (RFC 9113 §7). */
export function errorName(code: number): string {
  return codeNames.get(code) ?? `error code ${code}`
}

/**
 * Thrown for an error that ends the whole connection (RFC 9113 §5.4.1). The peer gets the message
 * with the GOAWAY.
 */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Error of a stream that either side has reset (RFC 9113 §5.4.2). */
export class StreamReset extends Error {
  override name = 'StreamReset'
  readonly code: number

  constructor(code: number, message: string) {
    super(`${message}: ${errorName(code)}`)
    this.code = code
  }
}
