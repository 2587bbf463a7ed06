import type { DescMessage, DescMethod } from '@bufbuild/protobuf'

/** The field that names a user, wherever a message of ours has one. */
const userField = 'user_id'

const known = new WeakMap<DescMethod, boolean>()

/**
 * Returns whether the requests or responses of a method name a user. What is read by it is about that user, and no cache
 * that people share may keep it.
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
