import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { bundledServices } from './bundled-services.ts'
import type { Reflection, Reflections } from './reflections.ts'
import { ownerOf, type Place, type ServiceName, serviceNames, tryPath } from './try-path.ts'

/** A method in the list. */
export interface MethodEntry {
  readonly method: DescMethod
  readonly path: string
}

/** The methods of an RPC service. */
export interface RpcService {
  readonly typeName: string
  readonly methods: readonly MethodEntry[]
}

/** The RPC services of one service alone. */
export function ownServices(name: ServiceName, reflection: Reflection): RpcService[] {
  const services = reflection.state === 'known' ? reflection.services : bundledServices[name]
  return services.filter(({ typeName }) => ownerOf(typeName) === name).map(entriesAt({ at: name }))
}

/** The RPC services that every service has, with paths for one place. */
export function sharedServices(place: Place, { of }: Reflections): RpcService[] {
  const known = [of[place.at], ...serviceNames.map((name) => of[name])].find(
    ({ value }) => value.state === 'known',
  )?.value
  if (known?.state !== 'known') return []
  const shared = known.services.filter(({ typeName }) => ownerOf(typeName) === undefined)
  return shared.map(entriesAt(place))
}

function entriesAt({ at, instance }: Place) {
  return ({ typeName, methods }: DescService): RpcService => ({
    typeName,
    methods: methods.map((method) => ({
      method,
      path: tryPath(typeName, method.name, at, instance),
    })),
  })
}

/** The services with the methods whose full name has every word of the text, in any case. */
export function filterServices(services: readonly RpcService[], text: string): RpcService[] {
  const words = text.toLowerCase().split(/[\s/]+/)
  return services
    .map(({ typeName, methods }) => ({
      typeName,
      methods: methods.filter(({ method }) => {
        const name = `${typeName}/${method.name}`.toLowerCase()
        return words.every((word) => name.includes(word))
      }),
    }))
    .filter(({ methods }) => methods.length > 0)
}
