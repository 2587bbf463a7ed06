import type { DescMethod } from '@bufbuild/protobuf'

const kindTexts: Readonly<Record<DescMethod['methodKind'], string>> = {
  unary: '',
  server_streaming: 'server stream',
  client_streaming: 'client stream',
  bidi_streaming: 'bidirectional stream',
}

/** Who streams, in a few words; empty for a method where nobody does. */
export function kindText({ methodKind }: DescMethod): string {
  return kindTexts[methodKind]
}
