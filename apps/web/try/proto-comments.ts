import { comments } from '../../../gen/openapi/descriptions.ts'

/**
 * The comment of the protos about a service, a method, a message, a field, an enum or a value, by
 * its full name. Loaded apart, because reflection serves no comments.
 */
export function protoComment(name: string): string | undefined {
  return Object.hasOwn(comments, name) ? comments[name] : undefined
}
