import type { JsonObject } from '@bufbuild/protobuf'

/** A request that works with the demo catalogue. */
export interface Example {
  readonly title: string
  /** One message, or several when the client streams. */
  readonly messages: readonly JsonObject[]
  /** Code of the response while the data is missing; otherwise it is `ok`. */
  readonly codeWithoutData?: 'not_found'
}
