import type { Concern, Problem } from '../process/health.ts'

/** Place of a worker among the workers of its service. */
export interface WorkerPlace {
  /** From 0. */
  readonly index: number
  readonly count: number
  /** Start of the service, in milliseconds since the Unix epoch. */
  readonly startTimeMs: number
  /** Port that all workers listen on. */
  readonly port: number
  /** Port for operators that all workers listen on. Absent when the service has none. */
  readonly adminPort?: number
  /** True for the first process of a service, which starts before there is any other. */
  readonly isFirst: boolean
}

/** A condition that a worker does not meet. */
export interface WorkerProblem extends Problem {
  readonly concern: Concern
}

/** State of the other workers. */
export interface OthersState {
  readonly problems: readonly WorkerProblem[]
  /** Workers that do not serve, because they start or restart. */
  readonly missingCount: number
}

/** Message of a worker to the supervisor. */
export type FromWorker =
  /** The worker handles calls. */
  | { readonly kind: 'serving' }
  /** All conditions that the worker does not currently meet. */
  | { readonly kind: 'problems'; readonly problems: readonly WorkerProblem[] }
  /** Something has changed. The supervisor passes it to the other workers. */
  | { readonly kind: 'changed'; readonly topic: string }
  /** Requests the reports of all workers. */
  | { readonly kind: 'gather'; readonly id: number; readonly subject: string }
  /** Response to `report`. */
  | { readonly kind: 'reported'; readonly id: number; readonly body: unknown }

/** Message of the supervisor to a worker. */
export type ToWorker =
  /** The worker represents the service from now on, until it ends. */
  | { readonly kind: 'lead' }
  | ({ readonly kind: 'others' } & OthersState)
  | { readonly kind: 'changed'; readonly topic: string }
  | { readonly kind: 'report'; readonly id: number; readonly subject: string }
  /** Response to `gather`. */
  | { readonly kind: 'gathered'; readonly id: number; readonly bodies: readonly unknown[] }
