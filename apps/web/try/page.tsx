import { useEffect, useMemo, useRef } from 'preact/hooks'
import { createBrowserStorage } from '../browser-storage.ts'
import { Failure } from '../failure.tsx'
import type { PageProps } from '../page-props.ts'
import type { Route } from '../route.ts'
import { createCallSettings } from './call-settings.ts'
import { type Found, findMethod, selectedBy } from './find-method.ts'
import { createCallHistory, type HistoryEntry } from './history.ts'
import { createInstances } from './instances.ts'
import { MethodPanel } from './method-panel.tsx'
import { createMethodStates } from './method-states.ts'
import type { Outcome } from './outcome.ts'
import { PanelSkeleton } from './panel-skeleton.tsx'
import { Rail } from './rail.tsx'
import { createReflections } from './reflections.ts'
import { createSavedDrafts } from './saved-drafts.ts'
import { parseRequestFragment } from './shared-request.ts'
import { createSuggest } from './suggestions.ts'
import { type Place, placeOf, tryPath } from './try-path.ts'
import { useComments } from './use-comments.ts'
import { Welcome } from './welcome.tsx'

/** The API explorer: calls any method, with forms made from the services' reflection. */
export function TryPage(props: PageProps) {
  const { router } = props
  const explorer = useMemo(() => createExplorer(props), [])
  const { reflections, instances, states, settings, history } = explorer
  useEffect(() => () => states.close(), [states])
  const route = router.route.value
  const firstRoute = useRef(route)
  const commentOf = useComments()
  const found = findMethod(route, reflections, commentOf !== undefined)
  const method = 'method' in found ? found : undefined
  const named = selectedBy(route)
  useSharedRequest(route, explorer)
  const restore = ({ path, text }: HistoryEntry) => {
    states.setText(path, text)
    router.navigate(path)
  }
  const move = ({ at, instance }: Place) => {
    // A method that is not loaded yet has no request to take along.
    const chosen = method ?? named
    if (!chosen) return
    const path = tryPath(chosen.typeName, chosen.name, at, instance)
    if (method) {
      const { request } = states.of(method.path, method.method, method.registry)
      states.setText(path, request.text.peek())
    }
    router.navigate(path)
  }
  return (
    <div class="try">
      <Rail
        reflections={reflections}
        instances={instances}
        move={move}
        selected={method ?? named}
        navigate={router.navigate}
        singleKeys={props.singleKeys}
        history={history}
        restore={restore}
      />
      <div class="try-main">
        {method && commentOf ? (
          <MethodPanel
            key={method.path}
            {...method}
            {...states.of(method.path, method.method, method.registry)}
            settings={settings}
            commentOf={commentOf}
            suggest={explorer.suggest}
            instances={instances}
            isChosen={route !== firstRoute.current}
            onEnd={(outcome) => explorer.remember(method, outcome)}
            clients={props.clients}
            announce={props.announce}
          />
        ) : null}
        {'loading' in found ? <PanelSkeleton note={found.loading} {...named} /> : null}
        {'failure' in found ? (
          <Failure title={found.failure} text={found.reason} retry={found.retry}>
            <a class="button" href="/try">
              All methods
            </a>
          </Failure>
        ) : null}
        {'welcome' in found ? <Welcome /> : null}
      </div>
    </div>
  )
}

type Explorer = ReturnType<typeof createExplorer>

function createExplorer({ clients, router, ownRatings }: PageProps) {
  const lasting = createBrowserStorage(window)
  const untilClosed = createBrowserStorage(window, 'sessionStorage')
  const route = router.route.peek()
  const typeName = route.page === 'try' ? route.service : undefined
  const states = createMethodStates(createSavedDrafts(untilClosed))
  const history = createCallHistory(lasting)
  return {
    states,
    history,
    instances: createInstances(clients.addresses),
    settings: createCallSettings(lasting, untilClosed),
    suggest: createSuggest({ clients, userIdOf: () => ownRatings.owner().userId }),
    reflections: createReflections({
      addresses: clients.addresses,
      origin: location.origin,
      first: typeName ? placeOf(typeName, location.search).at : 'movie',
      whenIdle,
    }),
    /** Adds a call that has ended to the history. */
    remember({ path, name, method, registry }: Found, { error, durationMs }: Outcome) {
      const code = error?.code ?? 'ok'
      const text = states.of(path, method, registry).request.text.peek()
      history.add({ path, name, code, durationMs, timeMs: Date.now(), text })
    },
  }
}

/** Latest time at which something is loaded though the browser is busy, in milliseconds. */
const idleTimeoutMs = 2_000

function whenIdle(callback: () => void): void {
  // Safari has no requestIdleCallback.
  if (typeof requestIdleCallback === 'undefined') setTimeout(callback)
  else requestIdleCallback(callback, { timeout: idleTimeoutMs })
}

/** Takes the request of a link over, once: a reload keeps what is edited since. */
function useSharedRequest(route: Route, { states, settings }: Explorer): void {
  useEffect(() => {
    const shared = parseRequestFragment(location.hash)
    if (!shared) return
    const path = location.pathname + location.search
    states.setText(path, shared.text)
    settings.options.value = { ...settings.options.peek(), ...shared.options }
    history.replaceState(history.state, '', path)
  }, [route])
}
