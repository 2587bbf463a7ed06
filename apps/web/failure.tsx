interface FailureProps {
  readonly title: string
  readonly text?: string
  readonly retry?: () => void
}

/** An error, with a button to try again. */
export function Failure({ title, text, retry }: FailureProps) {
  return (
    <div class="failure" role="alert">
      <p class="failure-title">{title}</p>
      {text ? <p>{text}</p> : null}
      {retry ? (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      ) : null}
    </div>
  )
}
