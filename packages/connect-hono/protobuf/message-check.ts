import type { DescMessage } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason } from '../errors/rpc-reasons.ts'
import { binaryCounter } from './binary-scan.ts'
import type { CheckMessage, Format } from './codec.ts'
import { countJsonElements, hasIntegersAsText } from './json-scan.ts'
import type { MessageLimits } from './message-limits.ts'

/** Creates a check of the size of a message and of the number of its elements. */
export function messageCheck(
  desc: DescMessage,
  format: Format,
  { bytesMax, elementsMax }: MessageLimits,
): CheckMessage {
  const count = format === 'proto' ? binaryCounter(desc) : jsonCounter(desc)
  return (bytes) => {
    if (bytes.length > bytesMax) throw tooLong(bytes.length, bytesMax)
    // An element has at least one byte, so a short message cannot have too many.
    if (bytes.length <= elementsMax) return
    if (count(bytes, elementsMax) > elementsMax) throw tooMany(elementsMax)
  }
}

function jsonCounter(desc: DescMessage): (bytes: Uint8Array, elementsMax: number) => number {
  const options = { hasIntegersAsText: hasIntegersAsText(desc) }
  return (bytes, elementsMax) => countJsonElements(bytes, { ...options, elementsMax })
}

/** Creates the error of a message that is larger than the service accepts. */
export function tooLong(bytes: number, bytesMax: number): ConnectError {
  const text = `a message of ${bytes} bytes is larger than the maximum of ${bytesMax}: send a smaller one`
  const error = new ConnectError(text, Code.ResourceExhausted)
  return withReason(error, 'MESSAGE_TOO_LARGE', { bytesMax })
}

function tooMany(elementsMax: number): ConnectError {
  const text = `a message has more than ${elementsMax} fields and items: send fewer`
  const error = new ConnectError(text, Code.ResourceExhausted)
  return withReason(error, 'MESSAGE_TOO_COMPLEX', { elementsMax })
}
