import { mountConnect } from '@marquee/connect-hono/mount'
import { type AppOptions, createApp } from '@marquee/service/app'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { addMetadataRoutes } from './rest.ts'
import { createMetadataRpc, type MetadataRpcOptions } from './rpc.ts'

export interface MetadataAppOptions extends AppOptions, Omit<MetadataRpcOptions, 'validate'> {}

/** Loaded when somebody reads the OpenAPI document. */
const descriptions = () => import('../../gen/openapi/descriptions.ts')

/** Creates the metadata service as a Hono app. */
export function createMetadataApp(options: MetadataAppOptions) {
  const { store, catalogue, ratings, periods, ...base } = options
  const app = createApp('metadata', { ...base, descriptions })
  const { validate } = app.rpcOptions
  const sources = { store, ratings, periods, ...(catalogue && { catalogue }) }
  const rpc = createMetadataRpc({ ...sources, validate })
  mountConnect(app, (router) => router.service(MetadataService, rpc), app.rpcOptions)
  addMetadataRoutes(app, rpc)
  return app
}
