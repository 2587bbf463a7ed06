import { expect } from 'bun:test'
import { ViolationsSchema } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { Code, ConnectError } from '@connectrpc/connect'
import { type AggregatedRating, RatingService } from '../../gen/rating/v1/rating_pb.ts'
import type { CallOptions, Cell, Operation, Protocol, Session } from './client.ts'
import type { LoggedCall, Service } from './service.ts'

const { getAggregatedRating, importRatings, putRating, watchAggregatedRatings } =
  RatingService.method

/**
 * Deadline of a watch, which otherwise would not end. The call has to arrive before, also while all
 * other cells run.
 */
const deadlineMs = 3_000

/** A run of a cell. */
export interface Trial {
  readonly cell: Cell
  readonly session: Session
  readonly service: Service
  /** Unique to this cell. */
  readonly recordId: string
}

/** Performs each operation. Resolves when the outcome is right. */
export const perform: Readonly<Record<Operation, (trial: Trial) => Promise<void>>> = {
  async unary(trial) {
    const { cell, session, recordId } = trial
    await rateElsewhere(trial, 'first', 2)
    if (cell.protocol !== 'connect-get') {
      const request = { recordId, recordType: 'movie', userId: 'second', value: 4.5 }
      const { aggregatedRating } = await session.unary(putRating, request, named(trial, 'put'))
      expect(aggregatedRating).toMatchObject({ recordId, count: 2n, mean: 3.25 })
    }
    const request = { recordId, recordType: 'movie' }
    const response = await session.unary(getAggregatedRating, request, named(trial, 'get'))
    const second = cell.protocol === 'connect-get' ? 0n : 1n
    const histogram = [0n, 0n, 0n, 1n, 0n, 0n, 0n, 0n, second, 0n]
    expect(response.aggregatedRating).toMatchObject({ recordId, recordType: 'movie', histogram })
    expect(await loggedCall(trial, 'get')).toMatchObject({ code: 'ok' })
  },

  async 'error with details'(trial) {
    const { cell, session, recordId } = trial
    const absent = session.unary(
      getAggregatedRating,
      { recordId, recordType: 'movie' },
      named(trial, 'absent'),
    )
    const notFound = await failureOf(absent)
    expect(notFound).toMatchObject({ code: Code.NotFound })
    expect(notFound.rawMessage).toBe(`nobody has rated movie "${recordId}"`)

    const refused =
      cell.protocol === 'connect-get'
        ? session.unary(getAggregatedRating, { recordId }, named(trial, 'refused'))
        : session.unary(putRating, { recordId, userId: 'a' }, named(trial, 'refused'))
    const error = await failureOf(refused)
    expect(error.code).toBe(Code.InvalidArgument)
    const violated = violatedOf[cell.protocol] ?? ['record_type', 'value']
    expect(error.rawMessage).toContain(`${violated[0]}: `)
    expect([...new Set(violatedFields(error))]).toEqual([...violated])
    expect(await loggedCall(trial, 'refused')).toMatchObject({ code: 'invalid_argument' })
  },

  async 'server stream'(trial) {
    const counts: bigint[] = []
    for await (const { count } of watch(trial, named(trial, 'watch'))) {
      counts.push(count)
      if (counts.length === 1) await rateElsewhere(trial, 'first', 4)
      else break
    }
    expect(counts).toEqual([0n, 1n])
    expect(await loggedCall(trial, 'watch')).toMatchObject({ code: 'canceled' })
  },

  async 'client stream'(trial) {
    const { session, recordId } = trial
    const requests = [1, 6, 5].map((value, index) => ({
      rating: { recordId, recordType: 'movie', userId: `user-${index}`, value },
    }))
    const response = await session.clientStream(importRatings, requests, named(trial, 'import'))
    expect(response).toMatchObject({ createdCount: 2n, replacedCount: 0n, refusedCount: 1n })
    const refusal = { index: 1n, recordId, reason: expect.stringContaining('value: ') }
    expect(response.refusals).toEqual([expect.objectContaining(refusal)])
    expect(await loggedCall(trial, 'import')).toMatchObject({ code: 'ok' })
  },

  async cancellation(trial) {
    const leave = new AbortController()
    const responses = watch(trial, { ...named(trial, 'watch'), signal: leave.signal })
    await responses.next()
    leave.abort()
    expect(await failureOf(responses.next())).toMatchObject({ code: Code.Canceled })
    expect(await loggedCall(trial, 'watch')).toMatchObject({ code: 'canceled' })
  },

  async deadline(trial) {
    const responses = watch(trial, { ...named(trial, 'watch'), timeoutMs: deadlineMs })
    const error = await failureOf(Array.fromAsync(responses))
    expect(error).toMatchObject({ code: Code.DeadlineExceeded })
    const { code } = await loggedCall(trial, 'watch')
    // Two clocks run, and a client with its own clock may leave before the service ends the call.
    expect(
      trial.cell.client.keepsTime ? ['deadline_exceeded', 'canceled'] : ['deadline_exceeded'],
    ).toContain(code)
  },
}

/** Fields that break a rule, where a request cannot omit both. */
const violatedOf: Readonly<Partial<Record<Protocol, readonly string[]>>> = {
  'connect-get': ['record_type'],
  rest: ['value'],
}

function named({ recordId }: Trial, call: string): CallOptions {
  return { requestId: `${recordId}.${call}` }
}

/** Protocols that are logged by the name of another one. */
const loggedProtocols: Readonly<Partial<Record<Protocol, Protocol>>> = {
  'connect-get': 'connect',
  'grpc-web-text': 'grpc-web',
}

/** Returns the log line of a call, after checking its protocol. */
async function loggedCall(trial: Trial, call: string): Promise<LoggedCall> {
  const logged = await trial.service.loggedCall(named(trial, call).requestId)
  const { protocol } = trial.cell
  expect(logged.protocol).toBe(loggedProtocols[protocol] ?? protocol)
  return logged
}

async function* watch(
  { session, recordId }: Trial,
  options: CallOptions,
): AsyncGenerator<AggregatedRating> {
  const request = { records: [{ recordId, recordType: 'movie' }] }
  const responses = session.serverStream(watchAggregatedRatings, request, options)
  for await (const { aggregatedRating } of responses) {
    if (aggregatedRating !== undefined) yield aggregatedRating
  }
}

/** Puts a rating with another client. */
async function rateElsewhere(
  { service, recordId }: Trial,
  userId: string,
  value: number,
): Promise<void> {
  const query = new URLSearchParams({ id: recordId, type: 'movie', userId, value: `${value}` })
  const response = await fetch(`${service.url}/rating?${query}`, { method: 'PUT' })
  expect(response.status).toBe(200)
}

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (thrown) => thrown,
  )
  if (error instanceof ConnectError) return error
  throw error
}

function violatedFields(error: ConnectError): string[] {
  return error
    .findDetails(ViolationsSchema)
    .flatMap(({ violations }) => violations)
    .map(({ field }) => (field?.elements ?? []).map(({ fieldName }) => fieldName).join('.'))
}
