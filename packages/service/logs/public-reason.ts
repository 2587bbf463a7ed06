import { truncateText } from '@marquee/connect-hono/errors/truncate'

/** Bytes of a reason, at most. */
const reasonBytesMax = 512

/** Stands for what is left out. */
const leftOut = '…'

/**
 * What names a place in the network, a login or a folder: URLs, IPv6 and IPv4 addresses, hosts with
 * a port, hosts that no name server knows, users and databases. Drivers write these into their
 * errors, each in its own way.
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

/** A file with the folders that it is in. */
const file = /(?<![\w.…])(?:\/[^\s:'"/]+)+\/([^\s:'"/]+)/g

/**
 * A reason as whoever reaches the port may read it: without what names a place in the network, a
 * login or a folder. Where the file is does not matter to them; which file it is does to the
 * operator.
 */
export function publicReason(reason: string): string {
  const withoutPlaces = places.reduce((text, place) => text.replace(place, leftOut), reason)
  return truncateText(withoutPlaces.replace(file, '$1'), reasonBytesMax)
}
