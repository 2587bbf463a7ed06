/** Serves GetMetadata from a map, and bench, with connect-node as its documentation shows. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { Code, ConnectError } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { BenchService } from '../../gen/bench/v1/bench_pb.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { items } from '../items.ts'
import { announce, readResponses } from './response.ts'

const responses = readResponses()
const handle = connectNodeAdapter({
  routes(router) {
    router.rpc(MetadataService.method.getMetadata, ({ movieId }) => {
      const response = responses.get(movieId)
      if (response === undefined) throw new ConnectError('no such movie', Code.NotFound)
      return response
    })
    router.service(BenchService, {
      async *listItems({ count }) {
        yield* items(count)
      },
      echo: ({ payload }) => ({ payload }),
    })
  },
})

/** In megabytes. With the default of 10, large messages fail on Bun. */
const maxSessionMemory = 1_000

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

announce({
  '1.1': await listen(createServer(handle)),
  '2': await listen(createHttp2Server({ maxSessionMemory }, handle)),
})
