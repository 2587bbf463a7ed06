import { FieldDescriptorProto_Type as FieldType, type Timestamp } from '@bufbuild/protobuf/wkt'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { withReason as withFieldReason } from '@marquee/connect-hono/errors/rpc-reasons'
import { withReason } from './reasons.ts'
import { describeScale } from './scale.ts'
import type { Scoring } from './scoring.ts'

/** Creates the error of a value that is not on the scale. */
export function offScale({ scale }: Scoring): ConnectError {
  const field = { fieldNumber: 6, fieldName: 'value', fieldType: FieldType.DOUBLE }
  const error = brokenRule(field, 'rating.scale', `must be ${describeScale(scale)}`)
  const { min, max, step } = scale
  return withReason(error, 'VALUE_OFF_SCALE', { min, max, step })
}

/**
 * Returns a time in milliseconds since the Unix epoch, rounded down. Returns the error of a time
 * whose `nanos` are not those of a second, which no rule of the contract can refuse.
 *
 * @param time In the range of the contract.
 */
export function readRatedTime(time: Timestamp | undefined): number | undefined | ConnectError {
  if (time === undefined) return undefined
  const { seconds, nanos } = time
  if (nanos >= 0 && nanos < 1e9) return Number(seconds) * 1_000 + Math.floor(nanos / 1e6)
  const field = { fieldNumber: 9, fieldName: 'rated_time', fieldType: FieldType.MESSAGE }
  const ruleId = 'rating.rated_time'
  const error = brokenRule(field, ruleId, `must have nanos from 0 to 999999999; got ${nanos}`)
  return withFieldReason(error, 'FIELD_INVALID', { field: field.fieldName, rule: ruleId })
}

interface Field {
  readonly fieldNumber: number
  readonly fieldName: string
  readonly fieldType: FieldType
}

/** Creates an error in the form of a broken rule of the contract. */
function brokenRule(field: Field, ruleId: string, message: string): ConnectError {
  const violation = { field: { elements: [field] }, ruleId, message }
  const detail = { desc: ViolationsSchema, value: { violations: [violation] } }
  const text = `${field.fieldName}: ${message}`
  return new ConnectError(text, Code.InvalidArgument, undefined, [detail])
}
