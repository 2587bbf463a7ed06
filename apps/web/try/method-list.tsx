import type { DescMethod } from '@bufbuild/protobuf'
import type { ReadonlySignal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useSingleKeys } from '../shortcuts.ts'
import type { Selected } from './find-method.ts'
import { InstancePicker } from './instance-picker.tsx'
import type { Instances } from './instances.ts'
import { filterServices, ownServices, type RpcService, sharedServices } from './method-groups.ts'
import { badgesOf } from './method-kind.ts'
import { MethodSelect } from './method-select.tsx'
import { GhostLines } from './panel-skeleton.tsx'
import type { Reflections } from './reflections.ts'
import { ownerOf, type Place, type ServiceName, serviceNames } from './try-path.ts'

export interface MethodListProps {
  readonly reflections: Reflections
  readonly instances: Instances
  readonly selected: Selected | undefined
  readonly navigate: (path: string) => void
  /** Opens the selected method, which every service has, at another place. */
  readonly move: (place: Place) => void
  readonly singleKeys: ReadonlySignal<boolean>
}

/** All methods of all services: links with a filter, or one select on a narrow screen. */
export function MethodList(props: MethodListProps) {
  const { reflections, instances, selected, navigate, move, singleKeys } = props
  const [filter, setFilter] = useState('')
  const isShared = selected !== undefined && ownerOf(selected.typeName) === undefined
  const [chosen, setChosen] = useState<Place>({ at: 'movie' })
  const place = isShared ? selected : chosen
  const shared = sharedServices(place, reflections)
  const list = useRef<HTMLElement>(null)
  const path = selected?.path
  // The methods of a service that is loaded later move those below them.
  const states = serviceNames.map((name) => reflections.of[name].value.state).join()
  useEffect(() => {
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
  }, [path, states])
  const isFiltered = filter.trim() !== ''
  const found = filterServices(shared, filter)
  const groups = serviceNames
    .map((name) => ({ name, services: filterServices(ownOf(reflections, name), filter) }))
    .filter(({ services }) => !isFiltered || services.length > 0)
  // Who may not see the methods may not see the instances either.
  const isLoaded = shared.length > 0
  useEffect(() => {
    if (isLoaded) void instances.load()
  }, [isLoaded, instances])
  const choose = (next: Place) => {
    setChosen(next)
    if (isShared) move(next)
  }
  return (
    <>
      <MethodSelect
        services={[...serviceNames.flatMap((name) => ownOf(reflections, name)), ...shared]}
        value={path ?? ''}
        navigate={navigate}
      />
      <MethodFilter
        text={filter}
        onChange={setFilter}
        open={() => list.current?.querySelector<HTMLElement>('a')?.click()}
        singleKeys={singleKeys}
      />
      <nav class="methods" aria-label="Methods" data-shared={isShared} ref={list}>
        {groups.map(({ name, services }) => (
          <section key={name} class="methods-service">
            <h2 class="methods-title">{name}</h2>
            <LoadFailure name={name} reflections={reflections} />
            <RpcServices services={services} selected={path} />
          </section>
        ))}
        {isFiltered && found.length === 0 ? null : (
          <section class="methods-service methods-shared">
            <h2 class="methods-title">every service</h2>
            <InstancePicker place={place} choose={choose} instances={instances} />
            {shared.length === 0 && states.includes('loading') ? (
              <div class="ghost-fields" aria-busy="true">
                <p class="visually-hidden">Loading…</p>
                <GhostLines count={4} />
              </div>
            ) : null}
            <RpcServices services={found} selected={path} />
          </section>
        )}
      </nav>
      <p class="form-note" role="status">
        {isFiltered
          ? matchesText([...groups.flatMap(({ services }) => services), ...found], filter)
          : ''}
      </p>
    </>
  )
}

function matchesText(services: readonly RpcService[], filter: string): string {
  const count = services.reduce((sum, { methods }) => sum + methods.length, 0)
  if (count === 0) return `No method matches “${filter}”.`
  return count === 1 ? '1 method matches.' : `${count} methods match.`
}

function ownOf({ of }: Reflections, name: ServiceName): RpcService[] {
  return ownServices(name, of[name].value)
}

interface MethodFilterProps extends Pick<MethodListProps, 'singleKeys'> {
  readonly text: string
  readonly onChange: (text: string) => void
  /** Opens the first method of the list. */
  readonly open: () => void
}

function MethodFilter({ text, onChange, open, singleKeys }: MethodFilterProps) {
  const input = useRef<HTMLInputElement>(null)
  useSingleKeys(singleKeys, (event) => {
    if (event.key !== 'f') return
    event.preventDefault()
    input.current?.focus()
  })
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') open()
    if (event.key === 'Escape') onChange('')
  }
  return (
    <input
      ref={input}
      class="input methods-filter"
      type="search"
      aria-label="Filter methods"
      placeholder="Filter methods (f)"
      value={text}
      onInput={(event) => onChange(event.currentTarget.value)}
      onKeyDown={press}
    />
  )
}

function LoadFailure({ name, reflections }: { name: ServiceName; reflections: Reflections }) {
  const reflection = reflections.of[name].value
  if (reflection.state !== 'failed') return null
  return (
    <p class="methods-failure">
      {reflection.reason}{' '}
      <button
        type="button"
        class="small-button"
        aria-label={`Try again to load the methods of ${name}`}
        onClick={() => void reflections.load(name)}
      >
        Try again
      </button>
    </p>
  )
}

interface RpcServicesProps {
  readonly services: readonly RpcService[]
  /** Path of the open method. */
  readonly selected: string | undefined
}

function RpcServices({ services, selected }: RpcServicesProps) {
  return services.map(({ typeName, methods }) => (
    <div key={typeName}>
      <h3 class="methods-rpc">{typeName}</h3>
      <ul class="methods-list">
        {methods.map(({ method, path }) => (
          <li key={path}>
            <a
              class="method-link"
              href={path}
              aria-current={path === selected ? 'page' : undefined}
            >
              <span>{method.name}</span>
              <Badges method={method} />
            </a>
          </li>
        ))}
      </ul>
    </div>
  ))
}

export function Badges({ method }: { method: DescMethod }) {
  return (
    <span class="method-badges">
      {badgesOf(method).map(({ text, label, title }) => (
        <span key={text} class="method-badge" title={title}>
          <span aria-hidden="true">{text}</span>
          <span class="visually-hidden"> {label}</span>
        </span>
      ))}
    </span>
  )
}
