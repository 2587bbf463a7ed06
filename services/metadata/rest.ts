import type { Environment } from '@marquee/connect-hono/call'
import type { RpcLimits } from '@marquee/connect-hono/limits'
import { createReadJsonObject } from '@marquee/service/rest/body'
import { type RestCall, refuseMethod, toRestJson } from '@marquee/service/rest/rest'
import type { Hono } from 'hono'
import { MetadataSchema, MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import type { MetadataRpc } from './rpc.ts'

const { getMetadata, putMetadata } = MetadataService.method

/** `GET` and `PUT /metadata?id=`; the body is the movie as JSON. */
export function addMetadataRoutes(
  app: Hono<Environment>,
  call: RestCall,
  rpc: MetadataRpc,
  limits: RpcLimits,
): void {
  const readMovie = createReadJsonObject(MetadataSchema, limits)
  app.get('/metadata', async (c) => {
    const request = { movieId: c.req.query('id') ?? '' }
    const { metadata } = await call(c, getMetadata, rpc.getMetadata, request)
    return c.json(metadata && toRestJson(MetadataSchema, metadata))
  })
  app.put('/metadata', async (c) => {
    const body = await readMovie(c)
    const request = { metadata: { ...body, id: c.req.query('id') ?? body.id ?? '' } }
    const { metadata, created } = await call(c, putMetadata, rpc.putMetadata, request)
    return c.json(metadata && toRestJson(MetadataSchema, metadata), created ? 201 : 200)
  })
  app.all('/metadata', refuseMethod('GET, HEAD, PUT'))
}
