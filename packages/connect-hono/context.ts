import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { type ContextValues, createContextValues, type HandlerContext } from '@connectrpc/connect'
import { LazyHeaders } from '@marquee/http/lazy-headers'
import { type Call, callKey } from './call.ts'

/** Context of a call for its handler. Creates headers, values and signals on demand. */
export class RpcContext implements HandlerContext {
  readonly method: DescMethod
  readonly protocolName: string
  readonly requestMethod: string
  /** Headers of the response: names in lower case, each followed by its value. */
  readonly headerList: string[]
  /** Trailers of the response, in the same form. */
  readonly trailerList: string[] = []
  /** Deadline of the client, on the clock of `performance.now()`, in milliseconds. */
  deadlineMs: number | undefined
  readonly #request: Request
  readonly #call: Call
  #values: ContextValues | undefined
  #responseHeader: Headers | undefined
  #responseTrailer: Headers | undefined

  constructor(
    method: DescMethod,
    protocolName: string,
    request: Request,
    call: Call,
    headerList: string[],
    requestMethod: string = request.method,
  ) {
    this.method = method
    this.protocolName = protocolName
    this.requestMethod = requestMethod
    this.headerList = headerList
    this.#request = request
    this.#call = call
  }

  get service(): DescService {
    return this.method.parent
  }

  get url(): string {
    return this.#request.url
  }

  get signal(): AbortSignal {
    return this.#call.lifetime.signal
  }

  get timeoutMs(): () => number | undefined {
    const { deadlineMs } = this
    return () => (deadlineMs === undefined ? undefined : Math.floor(deadlineMs - performance.now()))
  }

  get requestHeader(): Headers {
    return this.#request.headers
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new LazyHeaders(this.headerList) as unknown as Headers
    return this.#responseHeader
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new LazyHeaders(this.trailerList) as unknown as Headers
    return this.#responseTrailer
  }

  get values(): ContextValues {
    this.#values ??= createContextValues().set(callKey, this.#call)
    return this.#values
  }
}
