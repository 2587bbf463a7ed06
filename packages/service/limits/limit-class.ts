import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { Health } from '@marquee/connect-hono/gen/grpc/health/v1/health_pb'
import { Access } from '../../../gen/access/v1/access_pb.ts'
import type { AccessRule } from '../auth/access-rules.ts'

/** Classes of methods, each with a rate limit of its own. */
export const limitClasses = ['calls', 'streams', 'writes'] as const
export type LimitClass = (typeof limitClasses)[number]

/** Number of calls in a time. */
export interface Rate {
  readonly count: number
  readonly seconds: number
}

/** Rates of each client. A class without one is not limited. */
export type Rates = Readonly<Partial<Record<LimitClass, Rate>>>

/** Access of those who change data. */
const writers: ReadonlySet<Access> = new Set([Access.USER, Access.EDITOR, Access.INGEST])

/**
 * Returns the class of a call. Health, and routes without a method (probes, metrics, files of the
 * page), have none.
 */
export function limitClassOf({ access, method }: AccessRule): LimitClass | undefined {
  if (method === undefined || method.parent.typeName === Health.typeName) return undefined
  if (method.methodKind !== 'unary') return 'streams'
  const isRead = method.idempotency === Idempotency.NO_SIDE_EFFECTS
  return writers.has(access) && !isRead ? 'writes' : 'calls'
}
