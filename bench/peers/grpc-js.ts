/**
 * Serves GetMetadata from a map, and bench, with @grpc/grpc-js and the same message code as
 * Marquee.
 */
import { once } from 'node:events'
import {
  create,
  type DescMethod,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
  status,
} from '@grpc/grpc-js'
import { BenchService, ListItemsResponseSchema } from '../../gen/bench/v1/bench_pb.ts'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { items } from '../items.ts'
import { announce, readResponses } from './response.ts'

type Input<M extends DescMethod> = MessageShape<M['input']>
type Output<M extends DescMethod> = MessageShape<M['output']>
type Unary<M extends DescMethod> = handleUnaryCall<Input<M>, Output<M>>

function define<M extends DescMethod>(method: M): MethodDefinition<Input<M>, Output<M>> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: false,
    responseStream: method.methodKind === 'server_streaming',
    requestSerialize: (request) => Buffer.from(toBinary(method.input, request)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes) as Input<M>,
    responseSerialize: (response) => Buffer.from(toBinary(method.output, response)),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes) as Output<M>,
  }
}

const responses = readResponses()
const getMetadata: Unary<typeof MetadataService.method.getMetadata> = (call, callback) => {
  const response = responses.get(call.request.movieId)
  if (response === undefined) callback({ code: status.NOT_FOUND, details: 'no such movie' })
  else callback(null, response)
}

const echo: Unary<typeof BenchService.method.echo> = ({ request: { payload } }, callback) => {
  callback(null, create(BenchService.method.echo.output, { payload }))
}

type ListItems = typeof BenchService.method.listItems
const listItems: handleServerStreamingCall<Input<ListItems>, Output<ListItems>> = async (call) => {
  for (const item of items(call.request.count)) {
    if (!call.write(create(ListItemsResponseSchema, item))) await once(call, 'drain')
  }
  call.end()
}

const server = new Server()
const { method } = BenchService
server.addService({ getMetadata: define(MetadataService.method.getMetadata) }, { getMetadata })
server.addService(
  { echo: define(method.echo), listItems: define(method.listItems) },
  { echo, listItems },
)
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  announce({ '2': `http://127.0.0.1:${port}` })
})
