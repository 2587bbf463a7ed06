import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { Failure } from '../failure.tsx'
import { kindText } from './method-kind.ts'
import type { Reflection, Reflections } from './reflections.ts'
import { type ServiceName, serviceNames, tryPath } from './try-path.ts'

interface MethodListProps {
  readonly reflections: Reflections
  readonly selected: { readonly at: ServiceName; readonly method: DescMethod } | undefined
  readonly navigate: (path: string) => void
}

/** All methods of all services: links, or one select on a narrow screen. */
export function MethodList({ reflections, selected, navigate }: MethodListProps) {
  return (
    <>
      <MethodSelect reflections={reflections} selected={selected} navigate={navigate} />
      <nav class="methods" aria-label="Methods">
        {shownNames(reflections).map((name) => (
          <section key={name} class="methods-service">
            <h2 class="methods-title">{name}</h2>
            <ServiceMethods
              name={name}
              reflection={reflections.of[name].value}
              retry={() => void reflections.load(name)}
              isSelected={(method) => selected?.at === name && selected.method === method}
            />
          </section>
        ))}
      </nav>
    </>
  )
}

/** The services that are loaded, and the next one, so that no response moves what is below it. */
function shownNames({ of }: Reflections): readonly ServiceName[] {
  const isLoading = (name: ServiceName) => {
    const reflection = of[name].value
    return reflection.state === 'loading' && reflection.isFirst
  }
  const index = serviceNames.findIndex(isLoading)
  return index < 0 ? serviceNames : serviceNames.slice(0, index + 1)
}

interface ServiceMethodsProps {
  readonly name: ServiceName
  readonly reflection: Reflection
  readonly retry: () => void
  readonly isSelected: (method: DescMethod) => boolean
}

function ServiceMethods({ name, reflection, retry, isSelected }: ServiceMethodsProps) {
  if (reflection.state === 'loading') return <p class="methods-note">Loading methods…</p>
  if (reflection.state === 'failed') {
    return <Failure title="No response" text={reflection.reason} retry={retry} />
  }
  const { own = [], shared = [] } = Object.groupBy(reflection.services, ({ typeName }) =>
    typeName.startsWith('grpc.') ? 'shared' : 'own',
  )
  const isSharedSelected = shared.some(({ methods }) => methods.some(isSelected))
  const list = (service: DescService) => (
    <RpcMethods key={service.typeName} service={service} name={name} isSelected={isSelected} />
  )
  return (
    <>
      {own.map(list)}
      <details class="methods-shared" open={isSharedSelected}>
        <summary>Health and reflection</summary>
        {shared.map(list)}
      </details>
    </>
  )
}

interface RpcMethodsProps extends Pick<ServiceMethodsProps, 'name' | 'isSelected'> {
  readonly service: DescService
}

function RpcMethods({ service, name, isSelected }: RpcMethodsProps) {
  return (
    <div>
      <h3 class="methods-rpc">{service.typeName}</h3>
      <ul class="methods-list">
        {service.methods.map((method) => (
          <li key={method.name}>
            <a
              class="method-link"
              href={tryPath(service.typeName, method.name, name)}
              aria-current={isSelected(method) ? 'page' : undefined}
            >
              <span>{method.name}</span>
              {kindText(method) ? <span class="method-kind">{kindText(method)}</span> : null}
            </a>
          </li>
        ))}
      </ul>
    </div>
  )
}

function MethodSelect({ reflections, selected, navigate }: MethodListProps) {
  const value = selected
    ? tryPath(selected.method.parent.typeName, selected.method.name, selected.at)
    : ''
  return (
    <label class="method-select">
      <span class="field-name">Method</span>
      <select
        class="input"
        value={value}
        onChange={(event) => navigate(event.currentTarget.value || '/try')}
      >
        <option value="">Choose a method</option>
        {serviceNames.map((name) => {
          const reflection = reflections.of[name].value
          if (reflection.state !== 'known') {
            const state = reflection.state === 'failed' ? '(offline)' : '(loading)'
            return <optgroup key={name} label={`${name} ${state}`} />
          }
          return (
            <optgroup key={name} label={name}>
              {reflection.services.flatMap((service) =>
                service.methods.map((method) => {
                  const path = tryPath(service.typeName, method.name, name)
                  return (
                    <option key={path} value={path}>
                      {service.name}/{method.name}
                    </option>
                  )
                }),
              )}
            </optgroup>
          )
        })}
      </select>
    </label>
  )
}
