import { create, toBinary } from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { cutText } from './cut.ts'

/**
 * The bounds of what an error may say. They are against errors that repeat what a client sent: a few bytes, unpacked,
 * would become megabytes of response and log. A client that takes 8 KiB of trailers, the default of many, can read them.
 */
export const errorLimits = {
  /** Bytes of an error's text as UTF-8, and of `grpc-message` as it is encoded. */
  textBytesMax: 512,
  /** Bytes of what an error quotes: of an id, a name, a header. */
  quotedBytesMax: 128,
  /** Bytes of an error's details together. */
  detailsBytesMax: 3 * 1024,
  /** Bytes of an error's text in the log. */
  loggedBytesMax: 1024,
}

/** What a client sent, in quotes, for an error's text: cut where it is long. */
export function quoted(text: string): string {
  return `"${cutText(text, errorLimits.quotedBytesMax)}"`
}

const unreadable = /(the body is not JSON|cannot decode .{1,300}? from JSON)\b.*$/s

/**
 * An error's text for the log: cut, and without the values that JSON could not be read for. Their sender may see them, a
 * log may not: they can name a user.
 */
export function loggedText(text: string): string {
  return cutText(text.replace(unreadable, '$1'), errorLimits.loggedBytesMax)
}

/** The error, or one that says the same within `errorLimits`: its text is cut, and details that do not fit are left out. */
export function bounded(error: ConnectError): ConnectError {
  const text = cutText(error.rawMessage, errorLimits.textBytesMax)
  const details = fitting(error.details)
  if (text === error.rawMessage && details.length === error.details.length) return error
  const cut = new ConnectError(text, error.code, error.metadata, undefined, error.cause)
  return Object.assign(cut, { details, isWireError: error.isWireError, stack: error.stack })
}

type Detail = ConnectError['details'][number]

/** The first of them that fit. */
function fitting(details: Detail[]): Detail[] {
  let bytes = 0
  const end = details.findIndex((detail) => {
    bytes += bytesOf(detail)
    return bytes > errorLimits.detailsBytesMax
  })
  return end < 0 ? details : details.slice(0, end)
}

function bytesOf(detail: Detail): number {
  if (!('desc' in detail)) return detail.value.length
  return toBinary(detail.desc, create(detail.desc, detail.value)).length
}
