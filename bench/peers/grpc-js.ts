/** GetMetadata by @grpc/grpc-js from a map, with the same code for messages as Marquee. */
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js'
import {
  type GetMetadataRequest,
  GetMetadataRequestSchema,
  type GetMetadataResponse,
  GetMetadataResponseSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import { announce, readAnswers } from './answer.ts'

const service: ServiceDefinition = {
  getMetadata: {
    path: `/${MetadataService.typeName}/${MetadataService.method.getMetadata.name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (request) => Buffer.from(toBinary(GetMetadataRequestSchema, request)),
    requestDeserialize: (bytes) => fromBinary(GetMetadataRequestSchema, bytes),
    responseSerialize: (response) => Buffer.from(toBinary(GetMetadataResponseSchema, response)),
    responseDeserialize: (bytes) => fromBinary(GetMetadataResponseSchema, bytes),
  },
}

const answers = readAnswers()
const getMetadata: handleUnaryCall<GetMetadataRequest, GetMetadataResponse> = (call, callback) => {
  const answer = answers.get(call.request.movieId)
  if (answer === undefined) callback({ code: status.NOT_FOUND, details: 'no such movie' })
  else callback(null, answer)
}

const server = new Server()
server.addService(service, { getMetadata })
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  announce({ '2': `http://127.0.0.1:${port}` })
})
