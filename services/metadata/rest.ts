import type { JsonObject } from '@bufbuild/protobuf'
import type { ServiceApp } from '@marquee/service/app'
import { createReadJsonObject } from '@marquee/service/rest/body'
import { refuseMethod, toRestJson } from '@marquee/service/rest/rest'
import {
  type Metadata,
  MetadataSchema,
  MetadataService,
} from '../../gen/metadata/v1/metadata_pb.ts'
import type { MetadataRpc } from './rpc.ts'

const { getMetadata, putMetadata } = MetadataService.method

/** Adds `GET` and `PUT /metadata?id=`. The body is the movie as JSON. */
export function addMetadataRoutes(app: ServiceApp, rpc: MetadataRpc): void {
  const readMovie = createReadJsonObject(MetadataSchema, app.rpcOptions.limits)
  app.access.addRoute('/metadata', { GET: getMetadata, PUT: putMetadata })
  app.get('/metadata', async (c) => {
    const request = { movieId: c.req.query('id') ?? '' }
    const { metadata } = await app.restCall(c, getMetadata, rpc.getMetadata, request)
    return c.json(metadata && toJson(metadata))
  })
  app.put('/metadata', async (c) => {
    const body = await readMovie(c)
    const request = { metadata: { ...body, id: c.req.query('id') ?? body.id ?? '' } }
    const { metadata, created } = await app.restCall(c, putMetadata, rpc.putMetadata, request)
    return c.json(metadata && toJson(metadata), created ? 201 : 200)
  })
  app.all('/metadata', refuseMethod('GET, HEAD, PUT'))
}

/** Returns the movie as these routes have always had it. */
function toJson(metadata: Metadata): JsonObject {
  return toRestJson(MetadataSchema, { ...metadata, etag: '' })
}
