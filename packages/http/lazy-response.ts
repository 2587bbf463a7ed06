import { delegate } from './delegate.ts'
import { LazyHeaders } from './lazy-headers.ts'
import { toStream } from './streams.ts'

/** The bytes of an answer: at once, in one piece or several, as they come, or none. */
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
 * Looks like a `Response`, over headers and bytes that stay as they are: the port sends them without asking a stream.
 * Middleware reads and changes its headers, or reads its body, as those of any other.
 */
export class LazyResponse {
  readonly status: number
  /** Name and value in turn, names in lower case. */
  readonly headerList: string[]
  readonly source: LazyBody
  #headers: LazyHeaders | undefined
  #real: Response | undefined

  /**
   * @param source An iterable is asked for its next bytes as fast as the client takes them, and returned when it leaves.
   * @param headerList The response's own from here on.
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

  /** Whether a real one has been made of it, whose body may have been read. */
  get isReal(): boolean {
    return this.#real !== undefined
  }

  /** The same as a real `Response`. */
  get real(): Response {
    this.#real ??= new Response(toBodyInit(this.source), {
      status: this.status,
      headers: new Headers([...this.headers]),
      // Workers would compress again what `content-encoding` says is compressed.
      ...{ encodeBody: 'manual' },
    })
    return this.#real
  }
}

/** The same for the type checker. */
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
