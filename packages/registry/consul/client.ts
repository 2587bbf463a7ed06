import { EventEmitter } from 'node:events'
import { Agent as HttpAgent, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import Consul from 'consul'
import type { Instance } from '../port.ts'
import { type ConsulService, parseInstances } from './service.ts'

/** Timeout of a response, in addition to the time that Consul is asked to wait, in milliseconds. */
const requestTimeoutMs = 2_000
/** Consul waits up to a sixteenth longer than requested. */
const waitFactor = 17 / 16
/** Timeout of deregistering, in milliseconds. It is short because the process is about to end. */
const deregisterTimeoutMs = 1_000
/** Maximum number of connections for everything but blocking queries. */
const commandSocketsMax = 2
/** Maximum length of Consul's own message in an error, in characters. */
const reasonCharsMax = 200

/** Address and credentials of Consul's HTTP API. */
export interface ConsulAddress {
  /** URL, with a path if the API is not at the root: `http://127.0.0.1:8500`. */
  readonly url: string
  readonly token?: string | undefined
  /** `user:password` of HTTP basic authentication. */
  readonly httpAuth?: string | undefined
  /** For Consul Enterprise. */
  readonly namespace?: string | undefined
  readonly tls?: ConsulTls | undefined
}

export interface ConsulTls {
  /** Certificates of the authorities, in PEM. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** Name to expect in Consul's certificate, when it differs from the host of the address. */
  readonly serverName?: string | undefined
  /** False to trust any certificate. */
  readonly verifies: boolean
}

/** Thrown when a request to Consul fails. */
export class ConsulError extends Error {
  override readonly name = 'ConsulError'
}

export interface PassingQuery {
  /**
   * Respond when there is something newer than this index, 1 or more. `undefined` to respond
   * immediately.
   */
  readonly index: bigint | undefined
  /** Time that Consul waits for something newer, in milliseconds. */
  readonly waitMs: number
  /** Aborts the query, which then rejects. */
  readonly signal: AbortSignal
}

export interface PassingResponse {
  readonly index: bigint
  readonly instances: readonly Instance[]
}

/**
 * Requests of a registry to Consul. Each method rejects with a `ConsulError` after a bounded time.
 */
export interface ConsulClient extends Disposable {
  /** Returns the instances of a service whose checks pass. A blocking query. */
  passing(service: string, query: PassingQuery): Promise<PassingResponse>
  /**
   * Registers a service with its agent, replacing one with the same id. `isReady` is its state
   * until the first check.
   */
  register(service: ConsulService, isReady: boolean): Promise<void>
  /** Returns whether the agent has the service. */
  isRegistered(id: string): Promise<boolean>
  /**
   * Reports that the service is ready, or its problem. Returns false when the agent has no such
   * check.
   */
  updateCheck(checkId: string, problem: string | undefined): Promise<boolean>
  /** Removes the service. Does nothing when the agent has no such service. */
  deregister(id: string): Promise<void>
}

/**
 * Creates a client with keep-alive connections: one for each blocking query, whose number the
 * caller bounds, and two for everything else. An agent accepts 200 connections per client
 * (`http_max_conns_per_client`).
 * @param onUnusable Called for each service in a response that is left out because its address
 *   cannot be called.
 */
export function createConsulClient(
  address: ConsulAddress,
  onUnusable: (error: Error) => void,
): ConsulClient {
  const queries = createClient(address, Number.POSITIVE_INFINITY)
  const commands = createClient(address, commandSocketsMax)

  async function translateErrors<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request()
    } catch (cause) {
      throw new ConsulError(`${address.url}: ${reasonOf(cause)}`, { cause })
    }
  }

  return {
    passing: (service, query) =>
      translateErrors(async () => {
        using cancelled = cancelBy(query.signal)
        const options = { ...toBlockingOptions(query), ctx: cancelled.context }
        const [response, body] = await queries.health.service({
          service,
          passing: true,
          ...options,
        })
        return parsePassing(response as IncomingMessage, body, onUnusable)
      }),
    register: (service, isReady) =>
      translateErrors(() => {
        const check = { ...service.check, status: isReady ? 'passing' : 'critical' }
        return commands.agent.service.register({ ...service, check, ...bounded })
      }),
    isRegistered: (id) =>
      translateErrors(async () => {
        const filter = `ID == ${JSON.stringify(id)}`
        return Object.hasOwn(await commands.agent.service.list({ filter, ...bounded }), id)
      }),
    updateCheck: (id, problem) =>
      translateErrors(() => {
        const { check } = commands.agent
        if (problem === undefined) return isKnown(check.pass({ id, note: 'ready', ...bounded }))
        return isKnown(check.fail({ id, note: problem, ...bounded }))
      }),
    deregister: (id) =>
      translateErrors(async () => {
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
  // On Deno 2.9.3, a request that is aborted on a reused connection continues on another
  // connection.
  const pooling = { keepAlive: process.versions.deno === undefined, maxSockets }
  const agent = url.startsWith('https:')
    ? new HttpsAgent({ ...pooling, ...toTlsOptions(tls) })
    : new HttpAgent(pooling)
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

/**
 * Adapts an abort signal to the package, which takes an event emitter. `includeResponse` makes it
 * return the response beside the body.
 */
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
): PassingResponse {
  const index = `${headers['x-consul-index']}`
  if (!/^\d+$/.test(index)) throw new Error(`X-Consul-Index must be a number; got ${index}`)
  const instances = parseInstances(body, onUnusable)
  if (instances.length === 0 && headers['x-consul-results-filtered-by-acls'] === 'true') {
    throw new Error('the token cannot read the service: give it service "read" permission')
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
