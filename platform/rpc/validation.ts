import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { createValidator, type Violation, violationsToProto } from '@bufbuild/protovalidate'
import { Code, ConnectError } from '@connectrpc/connect'

/** Says what is wrong with a message, by the rules in its proto (https://protovalidate.com), or nothing. */
export type Validate = <Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
) => ConnectError | undefined

/**
 * Makes a validator; compiling rules takes time, so make one for the process. A violation is `INVALID_ARGUMENT`, with a
 * message for people and `buf.validate.Violations` as its detail.
 */
export function createValidate(): Validate {
  const patterns = new Map<string, RegExp>()
  const validator = createValidator({
    // The patterns are the project's own, without backtracking traps: the runtime's engine is far quicker than RE2.
    regexMatch(pattern, text) {
      let compiled = patterns.get(pattern)
      if (compiled === undefined) {
        compiled = new RegExp(pattern, 'u')
        patterns.set(pattern, compiled)
      }
      return compiled.test(text)
    },
  })
  return (schema, message) => {
    const result = validator.validate(schema, message)
    if (result.kind === 'valid') return undefined
    if (result.kind === 'error') throw result.error
    return toConnectError(result.violations)
  }
}

function toConnectError(violations: Violation[]): ConnectError {
  const text = violations.map((violation) => violation.toString()).join('; ')
  const [value, desc] = violationsToProto(violations)
  return new ConnectError(text, Code.InvalidArgument, undefined, [{ desc, value }])
}
