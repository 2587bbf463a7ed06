import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'

/** True for a method that changes nothing. */
export function isReadOnly({ idempotency }: DescMethod): boolean {
  return idempotency === Idempotency.NO_SIDE_EFFECTS
}

/** True for a method that may be called twice. */
export function isSafeToRepeat(method: DescMethod): boolean {
  return isReadOnly(method) || method.idempotency === Idempotency.IDEMPOTENT
}
