import { EventEmitter } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import Consul from 'consul'
import type { Instance } from '../port.ts'
import { type ConsulService, parseInstances } from './service.ts'

/** How long Consul may take to answer, beyond what it is asked to wait, in milliseconds. */
const requestTimeoutMs = 2_000
/** Consul waits up to a sixteenth longer than it is asked to. */
const waitFactor = 17 / 16
/** How long Consul may take to forget a service: whoever waits for it is about to end. */
const deregisterTimeoutMs = 1_000
/** Connections for everything but blocking queries. */
const commandSocketsMax = 2
/** How much of Consul's own words an error repeats, in characters. */
const reasonCharsMax = 200

/** How to reach Consul's HTTP API. */
export interface ConsulAddress {
  /** With a path, if the API is not at the root: `http://127.0.0.1:8500`. */
  readonly url: string
  readonly token?: string | undefined
  /** `user:password` of HTTP's basic authentication. */
  readonly httpAuth?: string | undefined
  /** For Consul Enterprise. */
  readonly namespace?: string | undefined
  readonly tls?: ConsulTls | undefined
}

export interface ConsulTls {
  /** The certificates in PEM. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** The name to expect in Consul's certificate, when it is not that of the address. */
  readonly serverName?: string | undefined
  /** False to trust any certificate. */
  readonly verifies: boolean
}

/** A question or command that Consul did not answer as it should. */
export class ConsulError extends Error {
  override readonly name = 'ConsulError'
}

export interface PassingQuery {
  /** Answer when there is something newer than this; at once when undefined. At least 1. */
  readonly index: bigint | undefined
  /** How long Consul may wait for something newer, in milliseconds. */
  readonly waitMs: number
  /** Cuts the query, which then rejects. */
  readonly signal: AbortSignal
}

export interface PassingAnswer {
  readonly index: bigint
  readonly instances: readonly Instance[]
}

/** What a registry asks of Consul. Each method rejects with a `ConsulError`, after a bounded time. */
export interface ConsulClient extends Disposable {
  /** The instances of a service whose checks pass: a blocking query. */
  passing(service: string, query: PassingQuery): Promise<PassingAnswer>
  /** Registers a service with its agent, in the place of one with the same id, as well or not until it is checked. */
  register(service: ConsulService, isWell: boolean): Promise<void>
  /** Whether the agent has the service. */
  isRegistered(id: string): Promise<boolean>
  /** Says that the service is well, or what its problem is. False when the agent has no such check. */
  updateCheck(checkId: string, problem: string | undefined): Promise<boolean>
  /** Harmless when the agent has no such service. */
  deregister(id: string): Promise<void>
}

/**
 * Talks to Consul on kept connections: one for each blocking query, which the caller bounds, and two for the rest
 * (`http_max_conns_per_client` of an agent is 200).
 * @param onUnusable told of each service in an answer that cannot be called as it is registered, and is left out.
 */
export function createConsulClient(
  address: ConsulAddress,
  onUnusable: (error: Error) => void,
): ConsulClient {
  const queries = createClient(address, Number.POSITIVE_INFINITY)
  const commands = createClient(address, commandSocketsMax)

  async function ask<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (cause) {
      throw new ConsulError(`${address.url}: ${reasonOf(cause)}`, { cause })
    }
  }

  return {
    passing: (service, query) =>
      ask(async () => {
        using cancelled = cancelBy(query.signal)
        const options = { ...toBlockingOptions(query), ctx: cancelled.context }
        const [response, body] = await queries.health.service({
          service,
          passing: true,
          ...options,
        })
        return parsePassing(response as IncomingMessage, body, onUnusable)
      }),
    register: (service, isWell) =>
      ask(() => {
        const check = { ...service.check, status: isWell ? 'passing' : 'critical' }
        return commands.agent.service.register({ ...service, check, ...bounded })
      }),
    isRegistered: (id) =>
      ask(async () => {
        const filter = `ID == ${JSON.stringify(id)}`
        return Object.hasOwn(await commands.agent.service.list({ filter, ...bounded }), id)
      }),
    updateCheck: (id, problem) =>
      ask(() => {
        const { check } = commands.agent
        if (problem === undefined) return isKnown(check.pass({ id, note: 'ready', ...bounded }))
        return isKnown(check.fail({ id, note: problem, ...bounded }))
      }),
    deregister: (id) =>
      ask(async () => {
        const bound = { timeout: deregisterTimeoutMs }
        await isKnown(commands.agent.service.deregister({ id, ...bound }))
      }),
    [Symbol.dispose]() {
      queries.destroy()
      commands.destroy()
    },
  }
}

const bounded = { timeout: requestTimeoutMs }

function createClient({ url, token, httpAuth, namespace, tls }: ConsulAddress, maxSockets: number) {
  const headers = {
    ...(token && { 'x-consul-token': token }),
    ...(namespace && { 'x-consul-namespace': namespace }),
    ...(httpAuth && { authorization: `Basic ${Buffer.from(httpAuth).toString('base64')}` }),
  }
  // On Deno 2.9.3 a request that is cut on a connection that was used before goes on on another.
  const kept = { keepAlive: process.versions.deno === undefined, maxSockets }
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ ...kept, ...toTlsOptions(tls) })
    : new HttpAgent(kept)
  const options = { baseUrl: `${url}/v1`, agent, headers }
  return new Consul(options)
}

function toTlsOptions({ ca, cert, key, serverName, verifies }: ConsulTls = { verifies: true }) {
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { servername: serverName }),
    rejectUnauthorized: verifies,
  }
}

/** What the package takes in the place of a signal; with it, it answers the response beside the body. */
function cancelBy(signal: AbortSignal) {
  signal.throwIfAborted()
  const context = Object.assign(new EventEmitter(), { includeResponse: true })
  const cancel = () => context.emit('cancel')
  signal.addEventListener('abort', cancel)
  return { context, [Symbol.dispose]: () => signal.removeEventListener('abort', cancel) }
}

function toBlockingOptions({ index, waitMs }: PassingQuery) {
  if (index === undefined) return bounded
  const timeout = waitMs * waitFactor + requestTimeoutMs
  return { index: `${index}`, wait: `${waitMs}ms`, timeout }
}

function parsePassing(
  { headers }: IncomingMessage,
  body: unknown,
  onUnusable: (error: Error) => void,
): PassingAnswer {
  const index = `${headers['x-consul-index']}`
  if (!/^\d+$/.test(index)) throw new Error(`X-Consul-Index is ${index}`)
  const instances = parseInstances(body, onUnusable)
  if (instances.length === 0 && headers['x-consul-results-filtered-by-acls'] === 'true') {
    throw new Error('the token does not allow to see the service')
  }
  return { index: BigInt(index), instances }
}

async function isKnown(command: Promise<unknown>): Promise<boolean> {
  try {
    await command
    return true
  } catch (error) {
    if (responseOf(error)?.statusCode === 404) return false
    throw error
  }
}

function responseOf(error: unknown): { statusCode?: number; body?: unknown } | undefined {
  return error instanceof Error && 'response' in error ? (error.response as object) : undefined
}

function reasonOf(error: unknown): string {
  const response = responseOf(error)
  if (!response) return (error as Error).message
  return `HTTP ${response.statusCode}: ${response.body ?? ''}`.slice(0, reasonCharsMax)
}
