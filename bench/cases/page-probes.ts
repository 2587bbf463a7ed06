// What runs in the browser. Each function is sent there alone, so it holds all that it uses.

/** How long frames took, from one to the next. */
export interface FrameTimes {
  readonly p99Ms: number
  readonly longestMs: number
  /** The longest task of at least 50 ms, which is what browsers call long; 0 when there was none. */
  readonly longestTaskMs: number
}

/** Runs before the page: keeps when the frame with the first movie was drawn, from the start of the navigation. */
export function firstMovieMs(): void {
  const look = () => {
    if (!document.querySelector('main a[href^="/movies/"]')) return
    observer.disconnect()
    // The task after the frame's own comes when it has been drawn.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => Object.assign(globalThis, { firstMovieMs: performance.now() })
      port2.postMessage(undefined)
    })
  }
  const observer = new MutationObserver(look)
  observer.observe(document, { subtree: true, childList: true })
}

/** Begins to keep how long frames and tasks take. */
export function collectFrames(): void {
  const frames: number[] = []
  const tasks: number[] = []
  let before = performance.now()
  const next = (now: number) => {
    frames.push(now - before)
    before = now
    requestAnimationFrame(next)
  }
  requestAnimationFrame((now) => {
    before = now
    requestAnimationFrame(next)
  })
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration)
  })
  observer.observe({ type: 'longtask' })
  Object.assign(globalThis, { collectedFrames: { frames, tasks } })
}

/** What came together since `collectFrames`. */
export function frameTimes(): FrameTimes {
  const collected = Reflect.get(globalThis, 'collectedFrames') as Record<string, number[]>
  const frames = (collected.frames ?? []).toSorted((a, b) => a - b)
  return {
    p99Ms: frames[Math.floor(frames.length * 0.99)] ?? 0,
    longestMs: frames.at(-1) ?? 0,
    longestTaskMs: Math.max(0, ...(collected.tasks ?? [])),
  }
}
