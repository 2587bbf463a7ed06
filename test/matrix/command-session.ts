import {
  create,
  type DescMessage,
  type DescMethod,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toJsonString,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import type { CallOptions, Session } from './client.ts'
import { jsonObjects, only, startCommand } from './command.ts'

export interface CommandCall {
  /** `rating.v1.RatingService/PutRating` */
  readonly path: string
  readonly options: CallOptions
}

export interface CommandTool {
  /** Returns the command line of a call, which reads its requests as JSON from standard input. */
  commandOf(call: CommandCall): readonly string[]
  /** Parses the failure from standard error. Returns `undefined` when it is not one of a call. */
  parseError(stderr: string): ConnectError | undefined
}

/**
 * Creates a session of a tool that runs once per call, and prints the response messages as JSON.
 */
export function createCommandSession({ commandOf, parseError }: CommandTool): Session {
  async function* call<I extends DescMessage, O extends DescMessage>(
    method: DescMethod & { input: I; output: O },
    requests: readonly MessageInitShape<I>[],
    options: CallOptions,
  ): AsyncGenerator<MessageShape<O>> {
    const path = `${method.parent.typeName}/${method.name}`
    const input = requests.map((one) => toJsonString(method.input, create(method.input, one)))
    const line = commandOf({ path, options })
    await using command = startCommand(line, input.join('\n'), options.signal)
    for await (const json of jsonObjects(command.stdout)) yield fromJsonString(method.output, json)
    const { code, stderr } = await command.ended
    if (options.signal?.aborted) throw new ConnectError('it was ended', Code.Canceled)
    if (code !== 0)
      throw parseError(stderr) ?? new Error(`${line[0]} ended with ${code}: ${stderr}`)
  }
  return {
    unary: (method, request, options) => only(call(method, [request], options)),
    serverStream: (method, request, options) => call(method, [request], options),
    clientStream: (method, requests, options) => only(call(method, requests, options)),
    async [Symbol.asyncDispose]() {},
  }
}
