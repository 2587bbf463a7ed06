import { mountConnect } from '@marquee/connect-hono/mount'
import { type AppOptions, createApp } from '@marquee/service/app'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import type { FollowingCatalogue } from './catalogue/follow.ts'
import { addMetadataRoutes } from './rest.ts'
import { createMetadataRpc } from './rpc.ts'
import type { MetadataStore } from './store/port.ts'

export interface MetadataAppOptions extends AppOptions {
  readonly store: MetadataStore
  /** See `MetadataRpcOptions`. */
  readonly catalogue?: FollowingCatalogue
}

/** Loaded when somebody reads the OpenAPI document. */
const descriptions = () => import('../../gen/openapi/descriptions.ts')

/** Creates the metadata service as a Hono app. */
export function createMetadataApp({ store, catalogue, ...base }: MetadataAppOptions) {
  const app = createApp('metadata', { ...base, descriptions })
  const { validate } = app.rpcOptions
  const rpc = createMetadataRpc({ store, validate, ...(catalogue && { catalogue }) })
  mountConnect(app, (router) => router.service(MetadataService, rpc), app.rpcOptions)
  addMetadataRoutes(app, rpc)
  return app
}
