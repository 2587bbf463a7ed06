import type { PageProps } from '../page-props.ts'

export function SystemPage(_props: PageProps) {
  return (
    <section class="prose">
      <h1 tabIndex={-1}>System</h1>
      <p>
        Each service also tells how it is at <code>/readyz</code> and <code>/metrics</code> of its
        own port.
      </p>
    </section>
  )
}
