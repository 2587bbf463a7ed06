import type { PageProps } from '../page-props.ts'

export function TryPage(_props: PageProps) {
  return (
    <section class="prose">
      <h1 tabIndex={-1}>Try a call</h1>
      <p>The README shows the same call by every protocol, from a shell.</p>
    </section>
  )
}
