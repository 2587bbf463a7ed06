import type { ComponentChildren } from 'preact'

interface BarProps {
  readonly kind: 'plain' | 'good' | 'warn' | 'bad'
  readonly title: string
  /** Over the page's lower edge: comes and goes without moving what is read. */
  readonly floating?: boolean
  readonly children: ComponentChildren
}

/** Says how things are, to who looks and to who listens. */
export function Bar({ kind, floating = false, title, children }: BarProps) {
  return (
    <div class="notice" data-kind={kind} data-floating={floating ? '' : undefined} role="status">
      <p>
        <strong>{title}</strong> {children}
      </p>
    </div>
  )
}
