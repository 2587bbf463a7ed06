/** GetMetadata as a plain Hono route on `Bun.serve`: JSON in, JSON out, from a map. */
import { toJson } from '@bufbuild/protobuf'
import { Hono } from 'hono'
import { GetMetadataResponseSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { announce, readAnswers } from './answer.ts'

const answers = new Map(
  [...readAnswers()].map(([id, answer]) => [id, toJson(GetMetadataResponseSchema, answer)]),
)

const app = new Hono()
app.post(`/${MetadataService.typeName}/${MetadataService.method.getMetadata.name}`, async (c) => {
  const { movieId } = await c.req.json<{ movieId: string }>()
  const answer = answers.get(movieId)
  return answer === undefined ? c.json({ code: 'not_found' }, 404) : c.json(answer)
})

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, http2: true, fetch: app.fetch })
const origin = server.url.origin
announce({ '1.1': origin, '2': origin })
