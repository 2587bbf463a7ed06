import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf'
import { createValidator, type Violation, violationsToProto } from '@bufbuild/protovalidate'
import { Code, ConnectError } from '@connectrpc/connect'

/** Says what is wrong with a message, by the rules in its proto (https://protovalidate.com), or nothing. */
export type Validate = <Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
) => ConnectError | undefined

/** How many violations an error tells of. */
const violationsMax = 20
/** A longer message is judged by its first violation: it may hold as many as it has bytes. */
const thoroughBytesMax = 16 * 1024

/**
 * Makes a validator; compiling rules takes time, so make one for the process. A violation is `INVALID_ARGUMENT`, with a
 * message for people and `buf.validate.Violations` as its detail, the first 20 at most.
 */
export function createValidate(): Validate {
  const regexMatch = createRegexMatch()
  const quick = createValidator({ regexMatch, failFast: true })
  const thorough = createValidator({ regexMatch })
  return (schema, message) => {
    let result = quick.validate(schema, message)
    if (result.kind === 'valid') return undefined
    if (toBinary(schema, message).length <= thoroughBytesMax) {
      result = thorough.validate(schema, message)
    }
    if (result.kind === 'error') throw result.error
    return toConnectError(result.violations ?? [])
  }
}

/** The patterns are the project's own, without backtracking traps: the runtime's engine is far quicker than RE2. */
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
  const told = violations.slice(0, violationsMax)
  const untoldCount = violations.length - told.length
  const text = told.map((violation) => violation.toString()).join('; ')
  const more = untoldCount > 0 ? `; and ${untoldCount} more` : ''
  const [value, desc] = violationsToProto(told)
  return new ConnectError(text + more, Code.InvalidArgument, undefined, [{ desc, value }])
}
