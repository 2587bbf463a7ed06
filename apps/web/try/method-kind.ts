import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { canGet } from './http-request.ts'

/** A property of a method, in a word. */
export interface Badge {
  readonly text: string
  /** The same for screen readers. */
  readonly label: string
  /** The meaning, in a sentence. */
  readonly title: string
}

const badges = {
  reads: {
    text: 'reads',
    label: 'reads',
    title: 'Changes nothing, so that it can also be called by GET.',
  },
  server_streaming: {
    text: '⇣ stream',
    label: 'server stream',
    title: 'The server streams its response.',
  },
  client_streaming: {
    text: '⇡ stream',
    label: 'client stream',
    title: 'The client streams its request.',
  },
  bidi_streaming: {
    text: '⇅ stream',
    label: 'stream in both directions',
    title: 'Client and server stream.',
  },
  writes: { text: 'writes', label: 'writes', title: 'Changes data.' },
} as const

/** The badges of a method, in the order in which they are shown. */
export function badgesOf(method: DescMethod): Badge[] {
  const { methodKind, idempotency } = method
  const isRead = idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
  const isThirdParty = method.parent.typeName.startsWith('grpc.')
  return [
    ...(canGet(method) ? [badges.reads] : []),
    ...(methodKind === 'unary' ? [] : [badges[methodKind]]),
    // The protos of gRPC do not say which methods only read, and all of them do.
    ...(isRead || isThirdParty ? [] : [badges.writes]),
  ]
}
