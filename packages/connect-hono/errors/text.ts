import { create, toBinary } from '@bufbuild/protobuf'
import type { ConnectError } from '@connectrpc/connect'
import { copyError } from './copy-error.ts'
import { truncateText } from './truncate.ts'

/**
 * Bounds of error texts. Without them an error that repeats a compressed message would turn a few
 * bytes into megabytes of response and log. The bounds fit into 8 KiB of trailers, the default
 * limit of many clients.
 */
export const errorLimits = {
  /** Maximum size of the text of an error in UTF-8, and of the encoded `grpc-message`, in bytes. */
  textBytesMax: 512,
  /** Maximum size of a quotation in an error (an id, a name, a header), in bytes. */
  quotedBytesMax: 128,
  /** Maximum size of the details of an error together, in bytes. */
  detailsBytesMax: 3 * 1024,
  /** Maximum size of the text of an error in the log, in bytes. */
  loggedBytesMax: 1024,
}

/** Quotes text from a client for an error. Truncates it to `quotedBytesMax`. */
export function quoted(text: string): string {
  return `"${truncateText(text, errorLimits.quotedBytesMax)}"`
}

const unreadable = /(the body is not JSON|cannot decode .{1,300}? from JSON)\b.*$/s

/**
 * Returns the text of an error for the log: truncated, and without the values that could not be
 * parsed as JSON, because they can identify a user.
 */
export function loggedText(text: string): string {
  return truncateText(text.replace(unreadable, '$1'), errorLimits.loggedBytesMax)
}

/**
 * Returns the error within `errorLimits`: with its text truncated, and without details that do not
 * fit.
 */
export function bounded(error: ConnectError): ConnectError {
  const text = truncateText(error.rawMessage, errorLimits.textBytesMax)
  const details = fitting(error.details)
  if (text === error.rawMessage && details.length === error.details.length) return error
  return copyError(error, { rawMessage: text, details })
}

type Detail = ConnectError['details'][number]

/** Returns the first details that fit. */
function fitting(details: Detail[]): Detail[] {
  let bytes = 0
  const end = details.findIndex((detail) => {
    bytes += bytesOf(detail)
    return bytes > errorLimits.detailsBytesMax
  })
  return end < 0 ? details : details.slice(0, end)
}

/** Returns the size of a detail, in bytes. */
export function bytesOf(detail: Detail): number {
  if (!('desc' in detail)) return detail.value.length
  return toBinary(detail.desc, create(detail.desc, detail.value)).length
}
