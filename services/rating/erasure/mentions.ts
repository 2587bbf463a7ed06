import { exactIntegersOf } from '@marquee/connect-hono/protobuf/exact-integers'
import type { LogRecord } from '@marquee/event-log/port'

const decoder = new TextDecoder()
const exactIntegers = exactIntegersOf(undefined)

/** Depth up to which the texts of an event are examined one by one. */
const depthMax = 16

/**
 * Returns a function that decides whether a record is about the user: an event of the user, or one
 * that names no user and mentions the id. An event of another user is not, whatever it mentions,
 * because the id of a user may also be the id of a record.
 */
export function eventsOf(userId: string): (record: LogRecord) => boolean {
  const mentions = mentionOf(userId)
  return ({ key, value, headers }) => {
    const text = value === null ? '' : decoder.decode(value)
    const event = parse(text)
    const named = nameIn(event)
    if (named !== undefined) return named === userId
    if (event === undefined ? mentions(text) : hasMention(event, mentions)) return true
    const others = [key, ...headers.map((header) => header.value)]
    return others.some((bytes) => bytes !== null && mentions(decoder.decode(bytes)))
  }
}

/** Returns a function that decides whether a record of the topic of changes is of the user. */
export function changesOf(userId: string): (record: LogRecord) => boolean {
  return ({ key }) => {
    const names = key === null ? undefined : parse(decoder.decode(key))
    return Array.isArray(names) && names.length === 3 && names[2] === userId
  }
}

/** Returns the user that an event names, also as a number, or `undefined`. */
function nameIn(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null) return undefined
  const { userId } = event as { readonly userId?: unknown }
  return typeof userId === 'string' || typeof userId === 'number' ? String(userId) : undefined
}

function hasMention(value: unknown, mentions: (text: string) => boolean, depth = 0): boolean {
  if (typeof value === 'string' || typeof value === 'number') return mentions(String(value))
  if (typeof value !== 'object' || value === null) return false
  if (depth === depthMax) return mentions(JSON.stringify(value))
  return Object.entries(value).some(
    ([name, one]) => mentions(name) || hasMention(one, mentions, depth + 1),
  )
}

/** Returns a function that decides whether a text has the id as a word of its own. */
function mentionOf(userId: string): (text: string) => boolean {
  const isPart = (character: string | undefined) =>
    character !== undefined && /[\p{L}\p{N}_]/u.test(character)
  return (text) => {
    for (let at = text.indexOf(userId); at >= 0; at = text.indexOf(userId, at + 1)) {
      if (!isPart(text[at - 1]) && !isPart(text[at + userId.length])) return true
    }
    return false
  }
}

/** Parses JSON. A number that a double does not hold is its text, such as an id of 20 digits. */
function parse(text: string): unknown {
  try {
    return JSON.parse(exactIntegers(text))
  } catch {
    return undefined
  }
}
