import type { DescMessage, DescMethod } from '@bufbuild/protobuf'

/** Name of the fields that identify a user. */
const userField = 'user_id'

const known = new WeakMap<DescMethod, boolean>()

/**
 * Returns whether the requests or responses of a method identify a user. Shared caches must not
 * keep such responses.
 */
export function namesUser(method: DescMethod): boolean {
  let names = known.get(method)
  if (names === undefined) {
    const seen = new Set<DescMessage>()
    names = hasUser(method.input, seen) || hasUser(method.output, seen)
    known.set(method, names)
  }
  return names
}

function hasUser(desc: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(desc)) return false
  seen.add(desc)
  return desc.fields.some(
    ({ name, message }) => name === userField || (message !== undefined && hasUser(message, seen)),
  )
}
