import type { DescMethod } from '@bufbuild/protobuf'
import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../page-props.ts'
import type { Route } from '../route.ts'
import { type CallOptions, defaultCallOptions } from './call.ts'
import { type CallState, createCallState } from './call-state.ts'
import { MethodList } from './method-list.tsx'
import { MethodPanel } from './method-panel.tsx'
import { createReflections, type Reflections } from './reflections.ts'
import { createRequestState, type RequestState } from './request-state.ts'
import { type ServiceName, serviceAt, tryPath } from './try-path.ts'
import { Welcome } from './welcome.tsx'

/** The API explorer: calls any method, with forms made from the services' reflection. */
export function TryPage({ clients, router, announce }: PageProps) {
  const reflections = useMemo(
    () => createReflections(clients.addresses, location.origin),
    [clients],
  )
  const states = useMemo(createMethodStates, [])
  useEffect(() => () => states.close(), [states])
  const found = find(router.route.value, reflections)
  const selected = 'method' in found ? found : undefined
  return (
    <div class="try">
      <h1 class="try-title" tabIndex={-1}>
        API explorer
      </h1>
      <MethodList reflections={reflections} selected={selected} navigate={router.navigate} />
      <div class="try-main">
        {'method' in found ? (
          <MethodPanel
            key={tryPath(found.method.parent.typeName, found.method.name, found.at)}
            {...found}
            options={states.options}
            {...states.of(found)}
            clients={clients}
            announce={announce}
          />
        ) : null}
        {'note' in found ? <p class="loading">{found.note}</p> : null}
        {'failure' in found ? (
          <Failure title={found.failure} text={found.reason} retry={found.retry} />
        ) : null}
        {'welcome' in found ? <Welcome /> : null}
      </div>
    </div>
  )
}

interface Found {
  readonly at: ServiceName
  readonly method: DescMethod
  readonly baseUrl: string
  readonly registry: Extract<Reflections['of']['movie']['value'], { state: 'known' }>['registry']
}

type Search =
  | Found
  | { welcome: true }
  | { note: string }
  | { failure: string; reason: string; retry?: () => void }

/** The method in the URL, or why it is not available yet. */
function find(route: Route, reflections: Reflections): Search {
  if (route.page !== 'try' || route.service === undefined) return { welcome: true }
  const at = serviceAt(route.service, location.search)
  const reflection = reflections.of[at].value
  if (reflection.state === 'loading') return { note: `Loading the methods of ${at}…` }
  if (reflection.state === 'failed') {
    const retry = () => void reflections.load(at)
    return { failure: `Can't reach ${at}`, reason: reflection.reason, retry }
  }
  const { registry, baseUrl } = reflection
  const methods = registry.getService(route.service)?.methods ?? []
  const method =
    methods.find(({ name }) => name === route.method) ?? (route.method ? undefined : methods[0])
  if (method) return { at, method, baseUrl, registry }
  const reason = 'Check the address, or pick a method from the list.'
  return { failure: `${at} has no ${route.service}/${route.method ?? ''}`, reason }
}

interface MethodState {
  readonly request: RequestState
  readonly call: CallState
}

interface MethodStates {
  readonly options: Signal<CallOptions>
  /** Request and outcome of a method, kept while the page is open. */
  of(found: Found): MethodState
  close(): void
}

function createMethodStates(): MethodStates {
  const states = new Map<DescMethod, MethodState>()
  return {
    options: signal(defaultCallOptions),
    of({ method, registry }) {
      const state = states.get(method) ?? {
        request: createRequestState(method, registry),
        call: createCallState(),
      }
      states.set(method, state)
      return state
    },
    close() {
      for (const { call } of states.values()) call.cancel()
    },
  }
}
