import type { DescMethod } from '@bufbuild/protobuf'

const kindTexts: Readonly<Record<DescMethod['methodKind'], string>> = {
  unary: '',
  server_streaming: 'server stream',
  client_streaming: 'client stream',
  bidi_streaming: 'bidirectional stream',
}

/** A label for streaming methods; empty for unary ones. */
export function kindText({ methodKind }: DescMethod): string {
  return kindTexts[methodKind]
}
