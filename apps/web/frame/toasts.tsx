import { effect, type ReadonlySignal, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

/** Time that a toast is shown, in milliseconds. It stays while it is pointed at or has focus. */
const shownMs = 6_000

/** A short report of what a person has done. */
export interface Toast {
  readonly text: string
  /** The thing that it is about, such as the id of a movie. */
  readonly subject: string
  readonly undo: () => void
}

/** The toast that is shown: a new one replaces it. */
export interface Toasts {
  readonly current: ReadonlySignal<Toast | undefined>
  show(toast: Toast): void
  hide(): void
}

/**
 * @param hasFailed Returns true when what was done to the subject failed. It reads signals. A toast
 * about it is then removed, because there is nothing to undo.
 */
export function createToasts(hasFailed: (subject: string) => boolean): Toasts {
  const current = signal<Toast | undefined>(undefined)
  const hide = () => {
    current.value = undefined
  }
  effect(() => {
    if (current.value && hasFailed(current.value.subject)) hide()
  })
  return {
    current,
    show(toast) {
      current.value = toast
    },
    hide,
  }
}

/** The region of toasts, at the lower edge of the page. */
export function ToastRegion({ toasts }: { toasts: Toasts }) {
  const toast = toasts.current.value
  return (
    <div class="toasts" role="status">
      {toast ? <ToastBar key={toast} toast={toast} hide={toasts.hide} /> : null}
    </div>
  )
}

function ToastBar({ toast, hide }: { toast: Toast; hide: () => void }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const stop = () => clearTimeout(timer.current)
  const start = () => {
    stop()
    timer.current = setTimeout(hide, shownMs)
  }
  useEffect(() => {
    start()
    return stop
  }, [toast])
  return (
    <div
      class="toast"
      onPointerEnter={stop}
      onPointerLeave={start}
      onFocusCapture={stop}
      onBlurCapture={start}
    >
      <span>{toast.text}</span>
      <button
        type="button"
        class="toast-undo"
        onClick={() => {
          hide()
          toast.undo()
        }}
      >
        Undo
      </button>
    </div>
  )
}
