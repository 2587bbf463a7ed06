import type { HeaderList } from '@marquee/http/exchange'
import { headerListBytes, headerOf } from '@marquee/http/header-list'
import { decodeMessage, encodeMessage } from '@marquee/http/percent-text'

const messageName = 'grpc-message'
const detailsName = 'grpc-status-details-bin'

/** Minimum room for a message, in bytes. With less the message is left out. */
const textBytesMin = 16

/**
 * Shortens headers or trailers that contain the status of a call to the size that the client
 * accepts (`headerListBytesMax` of its exchange). Removes the details of the error first, then
 * truncates its message. The code always stays.
 */
export function fitStatus(headers: HeaderList, bytesMax: number): HeaderList {
  if (headerListBytes(headers) <= bytesMax) return headers
  const undetailed = without(headers, detailsName)
  if (headerListBytes(undetailed) <= bytesMax) return undetailed
  const message = headerOf(undetailed, messageName)
  const rest = without(undetailed, messageName)
  if (message === undefined) return rest
  const textBytesMax = bytesMax - headerListBytes([...rest, messageName, ''])
  if (textBytesMax < textBytesMin) return rest
  return [...rest, messageName, encodeMessage(decodeMessage(message), textBytesMax)]
}

/** Bytes reserved for response headers that are added later: request id, date and others. */
const reservedBytes = 512

/**
 * Does the same for the headers of a response without trailers, and leaves room for headers that
 * are added later.
 */
export function fitHeaders(
  headers: HeaderList,
  { headerListBytesMax }: { readonly headerListBytesMax: number },
): HeaderList {
  return fitStatus(headers, headerListBytesMax - reservedBytes)
}

function without(headers: HeaderList, name: string): HeaderList {
  return headers.filter((_, index) => headers[index - (index % 2)] !== name)
}
