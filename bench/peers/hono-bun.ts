/** Serves GetMetadata as a plain Hono route on `Bun.serve`: JSON in, JSON out, from a map. */
import { toJson } from '@bufbuild/protobuf'
import { Hono } from 'hono'
import { GetMetadataResponseSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { announce, readResponses } from './response.ts'

const responses = new Map(
  [...readResponses()].map(([id, response]) => [id, toJson(GetMetadataResponseSchema, response)]),
)

const app = new Hono()
app.post(`/${MetadataService.typeName}/${MetadataService.method.getMetadata.name}`, async (c) => {
  const { movieId } = await c.req.json<{ movieId: string }>()
  const response = responses.get(movieId)
  return response === undefined ? c.json({ code: 'not_found' }, 404) : c.json(response)
})

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, http2: true, fetch: app.fetch })
const origin = server.url.origin
announce({ '1.1': origin, '2': origin })
