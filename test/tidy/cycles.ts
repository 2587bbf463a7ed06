import type { Source } from './source.ts'

/**
 * Returns the import cycles, the shortest one of each knot of files, as the paths along it; imports of types count too.
 */
export function importCycles(sources: readonly Source[]): string[][] {
  const graph = new Map(
    sources.map(({ path, imports }) => [path, imports.flatMap(({ target }) => target ?? [])]),
  )
  const cycles: string[][] = []
  const reported = new Set<string>()
  for (const path of graph.keys()) {
    if (reported.has(path)) continue
    const cycle = shortestCycle(path, graph)
    if (cycle === undefined) continue
    cycles.push(cycle)
    for (const each of cycle) reported.add(each)
  }
  return cycles
}

/** Searches breadth first for the way back to where it starts. */
function shortestCycle(
  start: string,
  graph: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const path of queue) {
    for (const target of graph.get(path) ?? []) {
      if (target === start) return [...wayTo(path, cameFrom), start]
      if (cameFrom.has(target)) continue
      cameFrom.set(target, path)
      queue.push(target)
    }
  }
  return undefined
}

function wayTo(path: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const before = cameFrom.get(path)
  return before === undefined ? [path] : [...wayTo(before, cameFrom), path]
}
