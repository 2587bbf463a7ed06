import type { HeaderList } from '@marquee/http/exchange'
import { headerListBytes, headerOf } from '@marquee/http/header-list'
import { decodeMessage, encodeMessage } from '@marquee/http/percent-text'

const messageName = 'grpc-message'
const detailsName = 'grpc-status-details-bin'

/** A shorter message says nothing. */
const textBytesMin = 16

/**
 * The headers or trailers with the status of a call, no longer than the client takes (`headerListBytesMax` of its
 * exchange), if that can be had without what an error has beside its code: its details, then a part of its message.
 */
export function fitStatus(fields: HeaderList, bytesMax: number): HeaderList {
  if (headerListBytes(fields) <= bytesMax) return fields
  const undetailed = without(fields, detailsName)
  if (headerListBytes(undetailed) <= bytesMax) return undetailed
  const message = headerOf(undetailed, messageName)
  const rest = without(undetailed, messageName)
  if (message === undefined) return rest
  const textBytesMax = bytesMax - headerListBytes([...rest, messageName, ''])
  if (textBytesMax < textBytesMin) return rest
  return [...rest, messageName, encodeMessage(decodeMessage(message), textBytesMax)]
}

/** What is left of the headers of a response for those that are not known yet: its request id, its date, and the like. */
const furtherBytes = 512

/** The same for the headers of a response that has no trailers, to which others are added. */
export function fitHead(
  fields: HeaderList,
  { headerListBytesMax }: { readonly headerListBytesMax: number },
): HeaderList {
  return fitStatus(fields, headerListBytesMax - furtherBytes)
}

function without(fields: HeaderList, name: string): HeaderList {
  return fields.filter((_, index) => fields[index - (index % 2)] !== name)
}
