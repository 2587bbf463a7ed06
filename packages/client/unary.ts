import type {
  DescMessage,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { type CallContext, openAttempt } from './attempt.ts'
import { pause } from './clock.ts'
import type { CallOptions } from './options.ts'
import { type Result, rpcError } from './result.ts'
import { retryCountMaxDefault, retryWait } from './retry.ts'

/** Default time of a unary call, in milliseconds. */
const timeoutMsDefault = 10_000

/** Calls a unary method, again when that may help. Never rejects. */
export async function callUnary<Input extends DescMessage, Output extends DescMessage>(
  context: CallContext,
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  options: CallOptions = {},
): Promise<Result<MessageShape<Output>>> {
  const { clock, random } = context
  const { retryCountMax = retryCountMaxDefault, timeoutMs: ofClient = timeoutMsDefault } =
    context.options
  const { timeoutMs = ofClient, signal = new AbortController().signal } = options
  const deadlineMs = timeoutMs > 0 ? clock.now() + timeoutMs : Number.POSITIVE_INFINITY
  for (let failureCount = 1; ; failureCount++) {
    const leftMs = deadlineMs - clock.now()
    const outcome = await attempt(context, method, request, options, leftMs)
    if (outcome.ok) return outcome
    const remainingMs = deadlineMs - clock.now()
    const { error } = outcome
    const waitMs = retryWait({ method, error, failureCount, retryCountMax, remainingMs }, random)
    if (waitMs === undefined) return outcome
    await pause(clock, waitMs, signal)
    if (signal.aborted)
      return { ok: false, error: rpcError('canceled', 'the caller aborted the call') }
  }
}

async function attempt<Input extends DescMessage, Output extends DescMessage>(
  context: CallContext,
  method: DescMethodUnary<Input, Output>,
  request: MessageInitShape<Input>,
  options: CallOptions,
  leftMs: number,
): Promise<Result<MessageShape<Output>>> {
  const timeoutMs = Number.isFinite(leftMs) ? Math.ceil(leftMs) : undefined
  const opened = openAttempt(context, options, timeoutMs ?? 0)
  try {
    const headers = await opened.race(opened.headers())
    const { signal } = opened
    const response = context.transport.unary(method, signal, timeoutMs, headers, request)
    return { ok: true, value: (await opened.race(response)).message }
  } catch (reason) {
    return { ok: false, error: opened.errorOf(reason) }
  } finally {
    opened.close()
  }
}
