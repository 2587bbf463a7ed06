/**
 * A client for the official conformance suite: makes the calls it reads from standard input, many at once, over the
 * project's own gRPC client, and writes what came of each to standard output. Ends with its input.
 */
import {
  type ClientCompatRequest,
  ClientCompatRequestSchema,
  ClientCompatResponseSchema,
} from '../../gen/connectrpc/conformance/v1/client_compat_pb.ts'
import { type Connection, createConnection } from '../../platform/discovery/connection.ts'
import { makeCall } from './client-call.ts'
import { readFrames, toFrame } from './frames.ts'

/** Calls under way at once. */
const callsMax = 64

const connections = new Map<string, Connection>()
const callsUnderWay = new Set<Promise<void>>()

function connectionFor({ host, port }: ClientCompatRequest): Connection {
  const url = `http://${host}:${port}`
  let connection = connections.get(url)
  if (connection === undefined) {
    connection = createConnection({ url })
    connections.set(url, connection)
  }
  return connection
}

async function answer(request: ClientCompatRequest): Promise<void> {
  const { testName } = request
  const result = await makeCall(connectionFor(request).transport, request).then(
    (value) => ({ case: 'response' as const, value }),
    (error: Error) => ({
      case: 'error' as const,
      value: { message: error.stack ?? error.message },
    }),
  )
  process.stdout.write(toFrame(ClientCompatResponseSchema, { testName, result }))
}

for await (const request of readFrames(ClientCompatRequestSchema, process.stdin)) {
  const call = answer(request)
  callsUnderWay.add(call)
  void call.then(() => callsUnderWay.delete(call))
  while (callsUnderWay.size >= callsMax) await Promise.race(callsUnderWay)
}
await Promise.all(callsUnderWay)
for (const connection of connections.values()) connection.close()
