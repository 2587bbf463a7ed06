// Functions that run in the browser. Each is sent there alone, so it contains all that it uses.

/** Times from one frame to the next. */
export interface FrameTimes {
  readonly p99Ms: number
  readonly longestMs: number
  /** Longest task of at least 50 ms, which browsers call a long task. 0 when there was none. */
  readonly longestTaskMs: number
}

/**
 * Records when the frame with the first movie was drawn, since the start of the navigation. Runs
 * before the page.
 */
export function firstMovieMs(): void {
  const check = () => {
    if (!document.querySelector('main a[href^="/movies/"]')) return
    observer.disconnect()
    // A new task starts after the frame is drawn.
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => Object.assign(globalThis, { firstMovieMs: performance.now() })
      port2.postMessage(undefined)
    })
  }
  const observer = new MutationObserver(check)
  observer.observe(document, { subtree: true, childList: true })
}

/** Records when the largest element so far was drawn, since the start of the navigation. */
export function collectPaints(): void {
  new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1)
    if (last) Object.assign(globalThis, { largestPaintMs: last.startTime })
  }).observe({ type: 'largest-contentful-paint', buffered: true })
}

/** Starts recording the times of frames and tasks. */
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

/** Returns what was recorded since `collectFrames`. */
export function frameTimes(): FrameTimes {
  const collected = Reflect.get(globalThis, 'collectedFrames') as Record<string, number[]>
  const frames = (collected.frames ?? []).toSorted((a, b) => a - b)
  return {
    p99Ms: frames[Math.floor(frames.length * 0.99)] ?? 0,
    longestMs: frames.at(-1) ?? 0,
    longestTaskMs: Math.max(0, ...(collected.tasks ?? [])),
  }
}
