import { Code } from '@connectrpc/connect'
import { codeFromHttpStatus, codeFromString } from '@connectrpc/connect/protocol-connect'

/** The flag of an envelope that ends a stream of the Connect protocol. */
const connectEndFlag = 0b00000010
/** The flag of an envelope that carries gRPC-Web's trailers. */
const grpcWebTrailersFlag = 0b10000000
const openingBrace = 0x7b
/** An envelope's flags and length. */
const envelopeHeaderBytes = 5

export interface AnsweredCall {
  readonly status: number
  readonly header?: Headers
  readonly trailer?: Headers
  /** The last chunk of the body. */
  readonly lastChunk: Uint8Array | undefined
}

/**
 * The code that an answer tells its client, read from where its protocol puts it: undefined for success. This is how a
 * failure before the interceptors, such as a message that cannot be parsed, reaches the log.
 */
export function outcomeOf({ status, header, trailer, lastChunk }: AnsweredCall): Code | undefined {
  const grpcStatus = trailer?.get('grpc-status') ?? header?.get('grpc-status')
  if (grpcStatus != null) return fromNumber(grpcStatus)
  if (status === 304) return undefined
  if (status !== 200) return fromErrorBody(lastChunk) ?? codeFromHttpStatus(status)
  if (lastChunk === undefined || lastChunk.length <= envelopeHeaderBytes) return undefined
  const flags = lastChunk[0] ?? 0
  const text = () => new TextDecoder().decode(lastChunk.subarray(envelopeHeaderBytes))
  if (flags === grpcWebTrailersFlag) {
    return fromNumber(/^grpc-status: *(\d+)/im.exec(text())?.[1] ?? '')
  }
  if (flags === connectEndFlag) return fromEndOfStream(text())
  return undefined
}

function fromNumber(status: string): Code | undefined {
  if (status === '0') return undefined
  const code = Number(status)
  return Code[code] === undefined ? Code.Unknown : code
}

/** The body of a Connect error: `{"code": "not_found", …}`. */
function fromErrorBody(body: Uint8Array | undefined): Code | undefined {
  if (body === undefined || body[0] !== openingBrace) return undefined
  const { code } = JSON.parse(new TextDecoder().decode(body)) as { code?: string }
  return codeFromString(code ?? '')
}

function fromEndOfStream(json: string): Code | undefined {
  const { error } = JSON.parse(json) as { error?: { code?: string } }
  return error === undefined ? undefined : (codeFromString(error.code ?? '') ?? Code.Unknown)
}
