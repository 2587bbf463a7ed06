import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { createValidator, type Violation, violationsToProto } from '@bufbuild/protovalidate'
import { ViolationSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { fieldText } from './errors/field-violations.ts'
import { withReason } from './errors/rpc-reasons.ts'
import { errorLimits } from './errors/text.ts'
import { truncateText } from './errors/truncate.ts'
import { binaryCounter, type CountElements } from './protobuf/binary-scan.ts'

/**
 * Returns the error of a message that breaks the rules in its proto (https://protovalidate.com), or
 * `undefined`.
 */
export type Validate = <Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
) => ConnectError | undefined

/** Maximum number of violations in an error. */
const violationsMax = 20
/**
 * Maximum size of a message whose violations are all reported. Of a larger one only the first is,
 * because a violation takes 30 µs, and each element may have several.
 */
const thorough = { bytesMax: 16 * 1024, elementsMax: 100 }

/**
 * Creates a validator. Compiling rules takes time, so create one for the process. The error is
 * `INVALID_ARGUMENT`, with `buf.validate.Violations` as its detail: the first of them, within
 * `errorLimits`.
 */
export function createValidate(): Validate {
  const regexMatch = createRegexMatch()
  const quick = createValidator({ regexMatch, failFast: true })
  const whole = createValidator({ regexMatch })
  const counters = new Map<DescMessage, CountElements>()
  const isSmall = (schema: DescMessage, bytes: Uint8Array) => {
    const count = counters.get(schema) ?? binaryCounter(schema)
    counters.set(schema, count)
    return count(bytes, thorough.elementsMax) <= thorough.elementsMax
  }
  return (schema, message) => {
    let result = quick.validate(schema, message)
    if (result.kind === 'valid') return undefined
    const bytes = toBinary(schema, message)
    if (bytes.length <= thorough.bytesMax && isSmall(schema, bytes)) {
      result = whole.validate(schema, message)
    }
    if (result.kind === 'error') throw result.error
    return toConnectError(result.violations ?? [])
  }
}

/**
 * Returns a matcher that uses the runtime's `RegExp`, which is much faster than RE2. The patterns
 * have to be free of backtracking traps.
 */
function createRegexMatch(): (pattern: string, text: string) => boolean {
  const patterns = new Map<string, RegExp>()
  return (pattern, text) => {
    let compiled = patterns.get(pattern)
    if (compiled === undefined) {
      compiled = new RegExp(pattern, 'u')
      patterns.set(pattern, compiled)
    }
    return compiled.test(text)
  }
}

function toConnectError(violations: Violation[]): ConnectError {
  const texts: string[] = []
  let textBytes = 0
  for (const violation of violations.slice(0, violationsMax)) {
    const text = truncateText(violation.toString(), errorLimits.quotedBytesMax)
    textBytes += Buffer.byteLength(text) + separator.length
    if (textBytes > errorLimits.textBytesMax - moreBytes) break
    texts.push(text)
  }
  const omittedCount = violations.length - texts.length
  if (omittedCount > 0) texts.push(`and ${omittedCount} more`)
  const text = texts.join(separator)
  const detail = detailOf(violations)
  const error = new ConnectError(text, Code.InvalidArgument, undefined, [detail])
  const [first] = detail.value.violations
  const metadata = { field: fieldText(first?.field), rule: first?.ruleId ?? '' }
  return withReason(error, 'FIELD_INVALID', metadata)
}

/** Separator of violations in the text, and room for the number of omitted ones, in bytes. */
const separator = '; '
const moreBytes = 32

/**
 * Returns the first violations, as many as fit. The path of one has keys of maps, which clients
 * choose.
 */
function detailOf(violations: readonly Violation[]) {
  const [value, desc] = violationsToProto(violations.slice(0, violationsMax))
  let bytes = 0
  const end = value.violations.findIndex((violation) => {
    bytes += toBinary(ViolationSchema, violation).length + violationHeadBytes
    return bytes > errorLimits.detailsBytesMax
  })
  if (end >= 0) value.violations.length = end
  return { desc, value }
}

/** Size of the tag and the length of a violation, in bytes. */
const violationHeadBytes = 3
