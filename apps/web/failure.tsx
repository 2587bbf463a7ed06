import type { ComponentChildren } from 'preact'

interface FailureProps {
  readonly title: string
  readonly text?: string | undefined
  readonly retry?: (() => void) | undefined
  /** Other ways on than to try again. */
  readonly children?: ComponentChildren
}

/** An error, with a button to try again. */
export function Failure({ title, text, retry, children }: FailureProps) {
  return (
    <div class="failure" role="alert">
      <p class="failure-title">{title}</p>
      {text ? <p>{text}</p> : null}
      {retry ? (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      ) : null}
      {children}
    </div>
  )
}
