import { bufCurlClient } from './buf-curl-client.ts'
import { type Cell, type Client, type Gap, httpVersions, operations, protocols } from './client.ts'
import { connectNodeClient } from './connect-node-client.ts'
import { connectWebClient } from './connect-web-client.ts'
import { curlClient } from './curl-client.ts'
import { grpcJsClient } from './grpc-js-client.ts'
import { grpcWebClient } from './grpc-web-client.ts'
import { grpcurlClient } from './grpcurl-client.ts'
import { openApiFetchClient } from './openapi-fetch-client.ts'

export const clients: readonly Client[] = [
  connectNodeClient,
  connectWebClient,
  grpcJsClient,
  grpcurlClient,
  bufCurlClient,
  curlClient,
  grpcWebClient,
  openApiFetchClient,
]

/** Cells that no client can support, because the protocol has no such feature. */
export const commonGaps: readonly Gap[] = [
  {
    protocol: 'grpc',
    http: '1.1',
    reason:
      'gRPC needs the trailers and streams of HTTP/2: the port responds 505, a test of its own',
  },
  {
    protocol: 'connect-get',
    operations: ['server stream', 'client stream', 'cancellation', 'deadline'],
    reason: 'a GET carries unary reads alone, and these end at once: a past deadline is bad input',
  },
]

/** Every cell of the matrix. */
export const cells: readonly Cell[] = clients.flatMap((client) =>
  protocols.flatMap((protocol) =>
    httpVersions.flatMap((http) =>
      operations.map((operation) => ({ client, protocol, http, operation })),
    ),
  ),
)

/** Returns why a cell is not tested, or `undefined` when it is. */
export function gapOf(cell: Cell): Gap | undefined {
  return [...commonGaps, ...cell.client.gaps].find((gap) => covers(gap, cell))
}

function covers({ protocol, http, operations }: Gap, cell: Cell): boolean {
  return (
    (protocol === undefined || protocol === cell.protocol) &&
    (http === undefined || http === cell.http) &&
    (operations === undefined || operations.includes(cell.operation))
  )
}
