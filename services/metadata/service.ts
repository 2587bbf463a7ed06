import { createServiceApp, type ServiceAppBase } from '@marquee/service/app'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { addMetadataRoutes } from './rest.ts'
import { createMetadataRpc } from './rpc.ts'
import type { MetadataStore } from './store/port.ts'

export interface MetadataServiceOptions extends ServiceAppBase {
  readonly store: MetadataStore
}

/** The metadata service as a Hono app. */
export function createMetadataService({ store, ...base }: MetadataServiceOptions) {
  return createServiceApp({
    ...base,
    name: 'metadata',
    services: [MetadataService],
    mount({ router, app, validate, call, limits }) {
      const rpc = createMetadataRpc({ store, validate })
      router.service(MetadataService, rpc)
      addMetadataRoutes(app, call, rpc, limits)
    },
  })
}
