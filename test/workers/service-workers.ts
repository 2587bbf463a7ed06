import { type Client, createClient } from '@connectrpc/connect'
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node'
import type { Program } from '@marquee/testing/process'
import type { RuntimeName } from '@marquee/testing/tools'
import { waitFor } from '@marquee/testing/wait-for'
import { RatingService } from '../../gen/rating/v1/rating_pb.ts'
import { type ServiceProcess, startService } from '../system/service-process.ts'

/** A rating service of several processes. */
export interface ServiceWorkers extends ServiceProcess {
  /** Returns the ids of the processes that each worker had so far. */
  pidsOf(worker: number): number[]
  /** Opens a connection to a worker. */
  connectTo(worker: number): Promise<WorkerConnection>
}

/** A client with one HTTP/2 connection. */
export interface WorkerConnection extends Disposable {
  readonly rating: Client<typeof RatingService>
}

export interface WorkersOptions {
  readonly runtime: RuntimeName
  readonly count: number
  readonly args: readonly string[]
}

/** Maximum time for a worker to start on a busy machine, in milliseconds. */
const startTimeoutMs = 60_000
/** Maximum number of connections until one reaches the wanted worker. */
const connectionsMax = 60

/** Starts rating, and resolves when all workers serve. */
export async function startWorkers(options: WorkersOptions): Promise<ServiceWorkers> {
  const { runtime, count, args } = options
  const service = await startService({
    service: 'rating',
    runtime,
    args: ['--workers', `${count}`, ...args],
  })
  const { program, url } = service
  const what = `${count} workers to serve`
  try {
    const areServing = () =>
      Array.from({ length: count }, (_, worker) => pidsOf(program, worker).length).every(Boolean)
    await waitFor(areServing, { what, timeoutMs: startTimeoutMs })
  } catch (error) {
    await service[Symbol.asyncDispose]()
    throw error
  }

  async function connectTo(worker: number): Promise<WorkerConnection> {
    for (let tries = 0; tries < connectionsMax; tries++) {
      const connection = connect(url)
      if ((await workerOf(service, connection)) === worker) return connection
      connection[Symbol.dispose]()
    }
    throw new Error(`no connection of ${connectionsMax} reached worker ${worker}`)
  }

  return { ...service, pidsOf: (worker) => pidsOf(program, worker), connectTo }
}

/** Returns the ids of the processes that a worker of a program had so far. */
export function pidsOf(program: Program, worker: number): number[] {
  const lines = program.stdout().matchAll(/"worker":(\d+),"pid":(\d+),"msg":"a worker serves"/g)
  return Array.from(lines).flatMap(([, index, pid]) =>
    Number(index) === worker ? [Number(pid)] : [],
  )
}

function connect(baseUrl: string): WorkerConnection {
  const sessionManager = new Http2SessionManager(baseUrl)
  const transport = createGrpcTransport({ baseUrl, sessionManager })
  return {
    rating: createClient(RatingService, transport),
    [Symbol.dispose]: () => sessionManager.abort(),
  }
}

/** Makes a call, and returns the worker that has logged it. */
async function workerOf(
  { program }: ServiceProcess,
  { rating }: WorkerConnection,
): Promise<number> {
  const requestId = crypto.randomUUID()
  await rating.batchGetAggregatedRatings(
    { records: [{ recordType: 'movie', recordId: 'alien' }] },
    { headers: { 'x-request-id': requestId } },
  )
  const line = await program.waitForLine(new RegExp(`"worker":(\\d+),"requestId":"${requestId}"`))
  return Number(line[1])
}
