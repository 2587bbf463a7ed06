import type { DescService } from '@bufbuild/protobuf'
import type { Registry } from '@marquee/registry/port'
import type { ServiceApp } from '@marquee/service/app'
import { addForwarding, type ForwardingOptions } from '@marquee/service/gateway/routes'
import { openUpstream } from '@marquee/service/gateway/upstream'
import { MetadataService } from '../../gen/metadata/v1/metadata_pb.ts'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { DeadLetterService } from '../../gen/system/v1/system_pb.ts'

/** The RPCs and REST routes of the other services, which movie forwards at their own paths. */
export interface PublicDoor extends AsyncDisposable {
  addTo(app: ServiceApp, admission: ForwardingOptions['admission']): void
}

/** Paths below which all RPCs of one service are forwarded, those of every service included. */
export const forwardedPaths = { metadata: '/services/metadata', rating: '/services/rating' }

const forwarded: readonly {
  readonly name: keyof typeof forwardedPaths
  readonly services: readonly DescService[]
}[] = [
  { name: 'metadata', services: [MetadataService] },
  { name: 'rating', services: [RatingService, DeadLetterService] },
]

/** Opens connections to the other services. */
export async function openDoor(registry: Registry): Promise<PublicDoor> {
  await using opened = new AsyncDisposableStack()
  const open = async (name: string) => opened.use(await openUpstream(registry, name))
  const upstreams = { metadata: await open('metadata'), rating: await open('rating') }
  const kept = opened.move()
  return {
    addTo(app, admission) {
      const { access, restRoutes, rpcOptions } = app
      const { drain, streams, errorDomain } = rpcOptions
      for (const { name, services } of forwarded) {
        const upstream = upstreams[name]
        const target = { path: forwardedPaths[name], service: name, services, upstream }
        addForwarding(app, {
          ...target,
          drain,
          streams,
          admission,
          access,
          restRoutes,
          errorDomain,
        })
        for (const service of services) {
          app.listService({ service, condition: upstream.condition })
        }
      }
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
