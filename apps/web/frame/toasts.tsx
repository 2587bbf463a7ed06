import { type ReadonlySignal, signal } from '@preact/signals'
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
  /** Removes the toast about the subject, or any. */
  hide(subject?: string): void
}

export function createToasts(): Toasts {
  const current = signal<Toast | undefined>(undefined)
  return {
    current,
    show(toast) {
      current.value = toast
    },
    hide(subject) {
      if (subject === undefined || current.peek()?.subject === subject) current.value = undefined
    },
  }
}

interface ToastRegionProps {
  readonly toasts: Toasts
  /** True when what was done to the subject failed, so that there is nothing to undo. */
  readonly hasFailed: (subject: string) => boolean
}

/** The region of toasts, at the lower edge of the page. */
export function ToastRegion({ toasts, hasFailed }: ToastRegionProps) {
  const current = toasts.current.value
  const toast = current && !hasFailed(current.subject) ? current : undefined
  return (
    <div class="toasts" role="status">
      {toast ? <ToastBar key={toast} toast={toast} hide={() => toasts.hide()} /> : null}
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
