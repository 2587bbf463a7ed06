/** A profile in the format of Chrome's developer tools, as `bun --cpu-prof` writes it. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  /** Microseconds. */
  readonly startTime: number
  readonly endTime: number
  /** Node of each sample. */
  readonly samples: readonly number[]
  /** Time of each sample since the one before, in microseconds. */
  readonly timeDeltas: readonly number[]
}

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
  readonly children?: readonly number[]
}

/** Stack of a sample, the innermost function first. */
export type Stack = readonly ProfileNode['callFrame'][]

/** Returns how often each stack was seen in the last part of a profile. */
export function stacksOf(profile: CpuProfile, lastUs: number): Map<Stack, number> {
  const { nodes, samples, timeDeltas, startTime, endTime } = profile
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map<number, number>()
  for (const { id, children = [] } of nodes) for (const child of children) parents.set(child, id)
  const counts = new Map<number, number>()
  let timeUs = startTime
  for (const [index, id] of samples.entries()) {
    timeUs += timeDeltas[index] ?? 0
    if (timeUs >= endTime - lastUs) counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const stackOf = (id: number) => {
    const stack: ProfileNode['callFrame'][] = []
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame
      if (frame !== undefined && frame.functionName !== '(root)') stack.push(frame)
    }
    return stack
  }
  return new Map([...counts].map(([id, count]) => [stackOf(id), count]))
}

/** Areas of the code, each with a part of the paths of its files. The first that fits counts. */
const areas: readonly (readonly [area: string, path: string])[] = [
  ['Hono', '/node_modules/hono/'],
  ['rules of the request', '/node_modules/@bufbuild/protovalidate/'],
  ['rules of the request', '/node_modules/@bufbuild/cel/'],
  ['messages, protobuf-es', '/node_modules/@bufbuild/protobuf/'],
  ['messages, our encoder', '/packages/connect-hono/protobuf/'],
  ['RPC and its protocols', '/packages/connect-hono/'],
  ['calls to other services', '/packages/grpc-transport/'],
  ['calls to other services', '/packages/client/'],
  ['calls to other services', '/packages/http/http2/client/'],
  ['HTTP/2', '/packages/http/http2/'],
  ['HTTP/1.1', '/packages/http/http1/'],
  ['port: admission, requests, responses', '/packages/http/'],
  ['metrics', '/node_modules/prom-client/'],
  ['metrics', '/packages/service/metrics/'],
  ['log line', '/packages/service/logs/'],
  ['log line', '/node_modules/pino/'],
  ['log line', '/node_modules/sonic-boom/'],
  ['request id, observation, access', '/packages/service/'],
  ['SQLite', '/packages/sql/'],
  ['the service itself', '/services/'],
]

const otherArea = 'the runtime: sockets, streams, files'

/** Returns the area of a stack: that of its innermost function with a file of ours. */
export function areaOf(stack: Stack): string {
  for (const { url } of stack) {
    const found = areas.find(([, path]) => url.includes(path))
    if (found !== undefined) return found[0]
    // A module of the runtime does its own work, whoever calls it.
    if (url.startsWith('node:') || url.startsWith('internal:')) return otherArea
  }
  return otherArea
}

/** Returns the share of each area, 0 to 1, the largest first. */
export function sharesOf(stacks: ReadonlyMap<Stack, number>): [area: string, share: number][] {
  const counts = new Map<string, number>()
  let total = 0
  for (const [stack, count] of stacks) {
    const area = areaOf(stack)
    counts.set(area, (counts.get(area) ?? 0) + count)
    total += count
  }
  const shares = [...counts].map(([area, count]): [string, number] => [area, count / total])
  return shares.sort(([, a], [, b]) => b - a)
}

/** Returns the stacks as lines for programs that draw flame graphs: `outer;inner 12`. */
export function toFolded(stacks: ReadonlyMap<Stack, number>): string {
  const nameOf = ({ functionName, url }: Stack[number]) => {
    const file = url.split('/').at(-1) ?? ''
    const name = functionName === '' ? '(anonymous)' : functionName
    return (file === '' ? name : `${name} ${file}`).replaceAll(';', ',')
  }
  const lines = [...stacks].map(([stack, count]) => {
    return `${stack.toReversed().map(nameOf).join(';')} ${count}\n`
  })
  return lines.sort().join('')
}
