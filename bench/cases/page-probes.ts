// Functions that run in the browser. Each is sent there alone, so it contains all that it uses.

/** Times from one frame to the next. */
export interface FrameTimes {
  readonly p99Ms: number
  readonly longestMs: number
  /** Longest task of at least 50 ms, which browsers call a long task. 0 when there was none. */
  readonly longestTaskMs: number
  /** The longest frame of the main thread. Undefined when none took 50 ms. */
  readonly longestFrame: FrameRecord | undefined
}

/** From the Long Animation Frames API, which records frames of at least 50 ms. */
export interface FrameRecord {
  readonly durationMs: number
  readonly scriptsMs: number
  readonly layoutMs: number
  /** Caller of the longest script, such as `TimerHandler:setTimeout`. */
  readonly invoker: string
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
  const long: PerformanceEntry[] = []
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
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration)
  }).observe({ type: 'longtask' })
  new PerformanceObserver((list) => long.push(...list.getEntries())).observe({
    type: 'long-animation-frame',
  })
  Object.assign(globalThis, { collectedFrames: { frames, tasks, long } })
}

/** Returns what was recorded since `collectFrames`. */
export function frameTimes(): FrameTimes {
  interface Script {
    readonly duration: number
    readonly invoker: string
  }
  interface LongFrame extends PerformanceEntry {
    readonly styleAndLayoutStart: number
    readonly scripts: readonly Script[]
  }
  interface Collected {
    readonly frames: readonly number[]
    readonly tasks: readonly number[]
    readonly long: readonly LongFrame[]
  }
  const longestFirst = (a: Script | LongFrame, b: Script | LongFrame) => b.duration - a.duration
  const collected = Reflect.get(globalThis, 'collectedFrames') as Collected
  const frames = collected.frames.toSorted((a, b) => a - b)
  const [longest] = collected.long.toSorted(longestFirst)
  return {
    p99Ms: frames[Math.floor(frames.length * 0.99)] ?? 0,
    longestMs: frames.at(-1) ?? 0,
    longestTaskMs: Math.max(0, ...collected.tasks),
    longestFrame: longest && {
      durationMs: longest.duration,
      scriptsMs: longest.scripts.reduce((sum, { duration }) => sum + duration, 0),
      layoutMs: longest.styleAndLayoutStart
        ? longest.startTime + longest.duration - longest.styleAndLayoutStart
        : 0,
      invoker: longest.scripts.toSorted(longestFirst)[0]?.invoker ?? 'none',
    },
  }
}

/** Interactions of a time. */
export interface Interactions {
  readonly count: number
  /** From a click or key to the next frame. 16 when all took at most that, which is not recorded. */
  readonly longestMs: number
}

/** Starts recording interactions. Runs before the page. */
export function collectInteractions(): void {
  const collected: number[] = []
  Object.assign(globalThis, { collectedInteractions: { durations: collected, count: 0 } })
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (Reflect.get(entry, 'interactionId') > 0) collected.push(entry.duration)
    }
  })
  const options = { type: 'event', durationThreshold: 16, buffered: true }
  observer.observe(options)
}

/** Returns what was recorded since the last call. */
export function takeInteractions(): Interactions {
  const collected = Reflect.get(globalThis, 'collectedInteractions') as {
    durations: number[]
    count: number
  }
  const count: number = Reflect.get(performance, 'interactionCount')
  const taken = { count: count - collected.count, longestMs: Math.max(16, ...collected.durations) }
  collected.count = count
  collected.durations.length = 0
  return taken
}
