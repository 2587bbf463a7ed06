import type { ComponentChildren } from 'preact'

interface NoticeBarProps {
  readonly kind: 'plain' | 'good' | 'warn' | 'bad'
  readonly title: string
  /** Floats over the page's lower edge, so that nothing moves when it appears. */
  readonly floating?: boolean
  readonly children: ComponentChildren
}

/** One line on the state of the page, also read by screen readers. */
export function NoticeBar({ kind, floating = false, title, children }: NoticeBarProps) {
  return (
    <div class="notice" data-kind={kind} data-floating={floating ? '' : undefined} role="status">
      <p>
        <strong>{title}</strong> {children}
      </p>
    </div>
  )
}
