import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

interface TabsProps<Value extends string> {
  readonly label: string
  /** Shown before the tabs. Default: none. */
  readonly title?: string
  readonly tabs: readonly { readonly value: Value; readonly text: string }[]
  readonly value: Value
  readonly onChange: (value: Value) => void
  /** The panel of the open tab. */
  readonly children: ComponentChildren
  /** Shown at the end of the row of tabs. */
  readonly aside?: ComponentChildren
}

/** Tabs by the pattern of the ARIA Authoring Practices: arrow keys go from one to the next. */
export function Tabs<Value extends string>(props: TabsProps<Value>) {
  const { label, title, tabs, value, onChange, children, aside } = props
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const index = tabs.findIndex((tab) => tab.value === value)
    const next = tabs.at((index + step) % tabs.length)
    if (!next) return
    onChange(next.value)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.value}"]`)?.focus()
  }
  return (
    <div class="tabs">
      <div class="tabs-row">
        {title ? <h3 class="tabs-title">{title}</h3> : null}
        <div class="tabs-list" role="tablist" aria-label={label} ref={list} onKeyDown={press}>
          {tabs.map((tab) => (
            <button
              key={tab.value}
              type="button"
              role="tab"
              class="tab"
              id={`${id}-${tab.value}`}
              data-tab={tab.value}
              aria-selected={tab.value === value}
              aria-controls={`${id}-panel`}
              tabIndex={tab.value === value ? 0 : -1}
              onClick={() => onChange(tab.value)}
            >
              {tab.text}
            </button>
          ))}
        </div>
        {aside}
      </div>
      <div class="tabs-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${value}`}>
        {children}
      </div>
    </div>
  )
}
