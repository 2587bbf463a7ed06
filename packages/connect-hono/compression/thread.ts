import { Worker } from 'node:worker_threads'
import { type Code, ConnectError } from '@connectrpc/connect'
import { type ErrorReason, setReason } from '../errors/reason.ts'
import type { Decompress } from './compression.ts'

export interface ThreadRequest {
  readonly id: number
  readonly name: string
  readonly bytes: Uint8Array
  readonly bytesMax: number
}

export type ThreadReply =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly error: ThreadError }

export interface ThreadError {
  readonly code: Code
  readonly text: string
  readonly reason: ErrorReason | undefined
}

/**
 * Creates a thread that decompresses messages of the standard compressions. It starts with the
 * first message, and does not keep the process running.
 */
export function createDecompressionThread(): Decompress {
  const pending = new Map<number, PromiseWithResolvers<Uint8Array>>()
  let [nextId, worker]: [number, Worker | undefined] = [0, undefined]

  function failAll(error: Error): void {
    worker = undefined
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url))
    started.unref()
    started.on('error', failAll)
    started.on('exit', () =>
      failAll(new Error('the decompression thread has ended: send the call again')),
    )
    started.on('message', (reply: ThreadReply) => {
      const waiting = pending.get(reply.id)
      pending.delete(reply.id)
      if ('bytes' in reply) waiting?.resolve(reply.bytes)
      else waiting?.reject(errorOf(reply.error))
    })
    return started
  }

  return ({ name }, bytes, bytesMax) => {
    worker ??= start()
    const waiting = Promise.withResolvers<Uint8Array>()
    const id = nextId++
    pending.set(id, waiting)
    // A copy: the bytes may be a small part of a large buffer, all of which would be cloned.
    const request: ThreadRequest = { id, name, bytes: Uint8Array.from(bytes), bytesMax }
    worker.postMessage(request)
    return waiting.promise
  }
}

function errorOf({ code, text, reason }: ThreadError): ConnectError {
  return setReason(new ConnectError(text, code), reason)
}
