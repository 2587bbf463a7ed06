import type {
  DescMessage,
  DescMethodServerStreaming,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { type CallContext, openAttempt } from './attempt.ts'
import type { CallOptions } from './options.ts'
import type { Result } from './result.ts'

/**
 * Calls a method that streams its response. Yields every message; an error is the last result. It
 * never throws, and closes the stream when the caller stops to read.
 */
export async function* callStreaming<Input extends DescMessage, Output extends DescMessage>(
  context: CallContext,
  method: DescMethodServerStreaming<Input, Output>,
  request: MessageInitShape<Input>,
  options: CallOptions = {},
): AsyncGenerator<Result<MessageShape<Output>>, void, undefined> {
  const { timeoutMs = 0 } = options
  const opened = openAttempt(context, options, timeoutMs)
  const { signal, race } = opened
  try {
    const headers = await race(opened.headers())
    const deadlineMs = timeoutMs || undefined
    const streaming = context.transport.stream(method, signal, deadlineMs, headers, only(request))
    const response = await race(streaming)
    const messages = response.message[Symbol.asyncIterator]()
    for (let next = await race(messages.next()); !next.done; next = await race(messages.next())) {
      yield { ok: true, value: next.value }
    }
  } catch (reason) {
    yield { ok: false, error: opened.errorOf(reason) }
  } finally {
    opened.close()
  }
}

async function* only<Message>(message: Message): AsyncGenerator<Message> {
  yield message
}
