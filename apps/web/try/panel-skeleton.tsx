import { MethodName } from './method-name.tsx'

interface PanelSkeletonProps {
  /** Says what is loaded. */
  readonly note: string
  /** Full name of the RPC service, and name of the method, if the URL has them. */
  readonly typeName?: string
  readonly name?: string
}

/** The panel of a method before its fields are known. */
export function PanelSkeleton({ note, typeName, name }: PanelSkeletonProps) {
  return (
    <div class="panel" aria-busy="true">
      <div class="panel-request">
        <div class="panel-head">
          <p class="panel-service">{typeName}</p>
          <h2 class="panel-title">{name ? <MethodName name={name} /> : null}</h2>
          <p class="visually-hidden">{note}</p>
          <GhostLines count={1} />
        </div>
        <div class="ghost-fields">
          <GhostLines count={6} />
        </div>
      </div>
      <div class="panel-response">
        <GhostLines count={2} />
      </div>
    </div>
  )
}

/** Placeholders of lines of text, which are announced by a text beside them. */
export function GhostLines({ count }: { count: number }) {
  return Array.from({ length: count }, (_, line) => (
    <span key={line} class="ghost-text" aria-hidden="true" />
  ))
}
