import { delegate } from './delegate.ts'
import { LazyHeaders } from './lazy-headers.ts'
import { toStream } from './streams.ts'

/** Bytes of a response: one piece, several, a source of pieces, or none. */
export type LazyBody = Uint8Array | readonly Uint8Array[] | AsyncIterable<Uint8Array> | null

/** Members that need a real `Response`. */
const madeReal = [
  'body',
  'bodyUsed',
  'arrayBuffer',
  'blob',
  'bytes',
  'clone',
  'formData',
  'json',
  'text',
]

/**
 * The interface of `Response` over a header list and bytes. The server sends them without a stream.
 * Middleware can read and change the headers and read the body, as with any `Response`.
 */
export class LazyResponse {
  readonly status: number
  /** Names and values in turn, names in lower case. */
  readonly headerList: string[]
  readonly source: LazyBody
  #headers: LazyHeaders | undefined
  #real: Response | undefined

  /**
   * @param source An iterable is read at the client's pace, and returned when the client leaves.
   * @param headerList The response owns it from now on.
   */
  constructor(source: LazyBody, status: number, headerList: string[]) {
    this.source = source
    this.status = status
    this.headerList = headerList
  }

  get headers(): Headers {
    this.#headers ??= new LazyHeaders(this.headerList)
    return this.#headers as unknown as Headers
  }

  get ok(): boolean {
    return this.status >= 200 && this.status <= 299
  }

  get statusText(): string {
    return ''
  }

  get type(): ResponseType {
    return 'default'
  }

  get url(): string {
    return ''
  }

  get redirected(): boolean {
    return false
  }

  /** True when `real` was created. Its body may have been read. */
  get isReal(): boolean {
    return this.#real !== undefined
  }

  /** A real `Response` with the same content. */
  get real(): Response {
    this.#real ??= new Response(toBodyInit(this.source), {
      status: this.status,
      headers: new Headers([...this.headers]),
      // Without it, Workers would compress a body again that `content-encoding` says is compressed.
      ...{ encodeBody: 'manual' },
    })
    return this.#real
  }
}

/** Creates a `LazyResponse`, typed as a `Response`. */
export function lazyResponse(source: LazyBody, status: number, headerList: string[]): Response {
  return new LazyResponse(source, status, headerList) as unknown as Response
}

Object.setPrototypeOf(LazyResponse.prototype, Response.prototype)
delegate(LazyResponse.prototype, Response.prototype, madeReal)

function toBodyInit(source: LazyBody): BodyInit | null {
  if (source === null || source instanceof Uint8Array) return source as Uint8Array<ArrayBuffer>
  return isPieces(source) ? new Blob(source as Uint8Array<ArrayBuffer>[]) : toStream(source)
}

export function isPieces(source: LazyBody): source is readonly Uint8Array[] {
  return Array.isArray(source)
}
