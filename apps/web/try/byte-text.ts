import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire'

/** How a person writes bytes. */
export type ByteForm = 'text' | 'base64' | 'hex'

/** Bytes in base64, as JSON has them, from what was typed; what was typed when it is not that form. */
export function base64From(text: string, form: ByteForm): string {
  if (form === 'text') return base64Encode(new TextEncoder().encode(text))
  if (form === 'base64') return text
  const digits = text.replaceAll(/[\s:]/g, '')
  if (digits.length % 2 === 1 || /[^0-9a-f]/i.test(digits)) return text
  const bytes = digits.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []
  return base64Encode(Uint8Array.from(bytes))
}

/** Base64 in another form, or undefined when the bytes have none: not all bytes are text. */
export function textFrom(base64: string, form: ByteForm): string | undefined {
  if (form === 'base64') return base64
  try {
    const bytes = base64Decode(base64)
    return form === 'hex' ? hexText(bytes) : new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
