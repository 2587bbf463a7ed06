import { type Logger, symbols } from 'pino'

/** Line of a call in the log. The texts contain no character that JSON escapes. */
export interface AccessLine {
  readonly requestId: string
  readonly protocol: string
  readonly method: string
  readonly status: number
  readonly code: string
  readonly durationMs: number
  /** Name of OpenTelemetry for logs. `undefined` when the call is not traced. */
  readonly trace_id?: string | undefined
}

export type LogAccess = (line: AccessLine) => void

const infoLevel = 30

/**
 * Members of a logger that pino exposes for integrations
 * (https://getpino.io/#/docs/api?id=symbols).
 */
interface Internals {
  readonly [symbols.streamSym]: { write(line: string): void }
  readonly [symbols.lsCacheSym]: Readonly<Record<number, string>>
  readonly [symbols.timeSym]: () => string
  readonly [symbols.chindingsSym]: string
}

/**
 * Writes the same line as `log.info(line, 'call')` in a fifth of the time. With pino's own method,
 * the line was the most expensive part of a small call.
 */
export function createAccessLog(log: Logger): LogAccess {
  const internals = log as unknown as Internals
  const head = internals[symbols.lsCacheSym][infoLevel]
  return ({ requestId, protocol, method, status, code, durationMs, trace_id }) => {
    if (!log.isLevelEnabled('info')) return
    const time = internals[symbols.timeSym]()
    const who = `"requestId":"${requestId}","protocol":"${protocol}","method":"${method}"`
    const how = `"status":${status},"code":"${code}","durationMs":${durationMs}`
    const trace = trace_id === undefined ? '' : `,"trace_id":"${trace_id}"`
    const bindings = internals[symbols.chindingsSym]
    internals[symbols.streamSym].write(
      `${head}${time}${bindings},${who},${how}${trace},"msg":"call"}\n`,
    )
  }
}
