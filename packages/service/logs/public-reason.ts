import { truncateText } from '@marquee/connect-hono/errors/truncate'

/** Maximum size of a reason, in bytes. */
const reasonBytesMax = 512

/** Replacement for removed text. */
const leftOut = '…'

/**
 * Patterns of network locations and logins: URLs, IPv6 and IPv4 addresses, hosts with a port, hosts
 * that DNS does not know, users and databases. Drivers write these into their errors, each in its
 * own way.
 */
const places = [
  /\b[a-z][a-z\d+.-]*:\/\/[^\s"'<>()]+/gi,
  /\[[\da-f:.]*:[\da-f:.]*\](?::\d+)?/gi,
  /(?<![\w.:])[\da-f]*:(?:[\da-f]*:)+[\da-f.:]*/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\b(?:[\w-]+\.)*[\w-]*[a-z][\w-]*:\d{2,5}\b(?!:\d)/gi,
  /(?<=\b(?:ENOTFOUND|EAI_AGAIN) )\S+/g,
  /(?<=\b(?:user|role|database|host) )"[^"]*"/gi,
]

/** A path of a file, with its folders. */
const file = /(?<![\w.…])(?:\/[^\s:'"/]+)+\/([^\s:'"/]+)/g

/**
 * Returns a reason that every client of the port may read: without network locations, logins and
 * folders. File names stay, because operators need them.
 */
export function publicReason(reason: string): string {
  const withoutPlaces = places.reduce((text, place) => text.replace(place, leftOut), reason)
  return truncateText(withoutPlaces.replace(file, '$1'), reasonBytesMax)
}
