import type { RpcService } from './method-groups.ts'

interface MethodSelectProps {
  readonly services: readonly RpcService[]
  /** Path of the open method, or empty. */
  readonly value: string
  readonly navigate: (path: string) => void
}

/** All methods as one select, for a narrow screen. */
export function MethodSelect({ services, value, navigate }: MethodSelectProps) {
  const isListed = services.some(({ methods }) => methods.some(({ path }) => path === value))
  return (
    <label class="method-select">
      <span class="field-name">Method</span>
      <select
        class="input"
        value={isListed ? value : ''}
        onChange={(event) => navigate(event.currentTarget.value || '/try')}
      >
        <option value="">Choose a method</option>
        {services.map(({ typeName, methods }) => (
          <optgroup key={typeName} label={typeName}>
            {methods.map(({ method, path }) => (
              <option key={path} value={path}>
                {method.name}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  )
}
