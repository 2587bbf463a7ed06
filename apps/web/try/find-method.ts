import type { DescMethod, FileRegistry } from '@bufbuild/protobuf'
import type { Route } from '../route.ts'
import type { Reflections } from './reflections.ts'
import { type Place, placeOf, tryPath } from './try-path.ts'

/** The method in the URL, which may not be known yet. */
export interface Selected extends Place {
  /** Full name of its RPC service. */
  readonly typeName: string
  readonly name: string
  /** Path of the method on the page. */
  readonly path: string
}

/** A method that can be called. */
export interface Found extends Selected {
  readonly method: DescMethod
  readonly baseUrl: string
  readonly registry: FileRegistry
}

/** The method that the URL names, or `undefined` when it names none. */
export function selectedBy(route: Route): Selected | undefined {
  if (route.page !== 'try' || !route.service || !route.method) return undefined
  return selectedAt(route.service, route.method, placeOf(route.service, location.search))
}

function selectedAt(typeName: string, name: string, { at, instance }: Place): Selected {
  return { typeName, name, at, instance, path: tryPath(typeName, name, at, instance) }
}

type Search =
  | Found
  | { readonly welcome: true }
  | { readonly loading: string }
  | { readonly failure: string; readonly reason: string; readonly retry?: () => void }

/**
 * The method in the URL, or why it is not available yet.
 * @param hasComments False while the comments are loaded, which are shown with the method.
 */
export function findMethod(route: Route, reflections: Reflections, hasComments: boolean): Search {
  if (route.page !== 'try' || route.service === undefined) return { welcome: true }
  const place = placeOf(route.service, location.search)
  const { at } = place
  const reflection = reflections.of[at].value
  if (reflection.state === 'failed') {
    const retry = () => void reflections.load(at)
    return {
      failure: `Couldn't load ${route.method ?? route.service}`,
      reason: reflection.reason,
      retry,
    }
  }
  if (reflection.state === 'loading' || !hasComments) {
    return { loading: `Loading the methods of ${at}…` }
  }
  const { registry, baseUrl } = reflection
  // Only the gateway of the page's origin reads the name of an instance.
  const called = baseUrl.startsWith(location.origin) ? place : { at }
  const methods = registry.getService(route.service)?.methods ?? []
  const method =
    methods.find(({ name }) => name === route.method) ?? (route.method ? undefined : methods[0])
  if (method) {
    return { ...selectedAt(method.parent.typeName, method.name, called), method, baseUrl, registry }
  }
  const name = [route.service, route.method].filter(Boolean).join('/')
  const reason = `${at} has no ${name}. Check the address, or pick a method from the list.`
  return { failure: 'Method not found', reason }
}
