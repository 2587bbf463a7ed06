import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire'
import type { CallOptions } from './call.ts'

/** A request in a link. It has no headers, because they may be secret. */
export interface SharedRequest {
  /** The JSON of the request, as the editor has it. */
  readonly text: string
  /** An absent option is that of the person who opens the link. */
  readonly options: Partial<Pick<CallOptions, 'protocol' | 'format' | 'useGet'>>
}

const prefix = '#r='

/** The fragment of a link to the request: `#r=` with JSON in base64url (RFC 4648 §5). */
export function requestFragment({ text, options }: SharedRequest): string {
  const { protocol, format, useGet } = options
  const bytes = new TextEncoder().encode(JSON.stringify({ text, protocol, format, useGet }))
  return prefix + base64Encode(bytes, 'url')
}

/** The request of a fragment, or `undefined` when it has none that is valid. */
export function parseRequestFragment(fragment: string): SharedRequest | undefined {
  if (!fragment.startsWith(prefix)) return undefined
  try {
    const bytes = base64Decode(fragment.slice(prefix.length))
    const { text, protocol, format, useGet } = JSON.parse(new TextDecoder().decode(bytes)) ?? {}
    if (typeof text !== 'string') return undefined
    return {
      text,
      options: {
        ...(protocol !== undefined && {
          protocol: protocol === 'grpc-web' ? 'grpc-web' : 'connect',
        }),
        ...(format !== undefined && { format: format === 'binary' ? 'binary' : 'json' }),
        ...(useGet !== undefined && { useGet: useGet === true }),
      },
    }
  } catch {
    // A link that lost its end, for example in an e-mail: the page shows its example instead.
    return undefined
  }
}
