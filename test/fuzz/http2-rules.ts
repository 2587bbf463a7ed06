import {
  code,
  type Frame,
  flag,
  type Http2Model,
  isActive,
  type ModelStream,
  type,
  type Verdict,
  verdictOn,
} from './http2-model.ts'

/** Meaning of a HEADERS block, known to its author. */
export interface Meaning {
  readonly contentLength: number | undefined
  /** True when it starts like a request. Otherwise it is trailers. */
  readonly isRequest: boolean
  /** True when it is well-formed as a request or as trailers. */
  readonly isWellFormed: boolean
}

const int31 = 0x7fff_ffff

/** Returns the permitted reactions to a frame (RFC 9113 §5.1, §6), and applies it to the model. */
export function judge(model: Http2Model, frame: Frame, meaning?: Meaning): Verdict {
  const verdict = verdictOn(frame.streamId)
  const connection = (...codes: number[]) => {
    verdict.ok = false
    verdict.connectionCodes.push(...codes)
  }
  const stream = (...codes: number[]) => {
    verdict.ok = false
    verdict.streamCodes.push(...codes)
  }
  const judged: Judged = { model, frame, verdict, connection, stream }
  if (frame.payload.length > 16_384) connection(code.frameSize)
  rules[frame.type]?.(judged, meaning)
  return verdict
}

interface Judged {
  readonly model: Http2Model
  readonly frame: Frame
  readonly verdict: Verdict
  connection(...codes: number[]): void
  stream(...codes: number[]): void
}

const rules: Readonly<Record<number, (judged: Judged, meaning?: Meaning) => void>> = {
  [type.data](judged) {
    const { model, frame, connection, stream } = judged
    const content = withoutPadding(judged)
    if (frame.streamId === 0) return connection(code.protocol)
    model.clientWindow -= frame.payload.length
    if (model.clientWindow < 0) connection(code.flowControl)
    const target = openOrJudged(judged)
    if (target === undefined) return
    target.clientWindow -= frame.payload.length
    target.sentBytes += content.length
    target.sent.push(content)
    const ends = (frame.flags & flag.endStream) !== 0
    if (target.clientWindow < 0) stream(code.flowControl)
    const { contentLength } = target
    if (contentLength !== undefined) {
      const fits = ends ? target.sentBytes === contentLength : target.sentBytes <= contentLength
      if (!fits) stream(code.protocol)
    }
    if (ends) target.clientEnded = true
  },

  [type.headers](judged, meaning) {
    const { model, frame, connection, stream, verdict } = judged
    const rest = withoutPadding(judged)
    if (frame.flags & flag.priority) {
      if (rest.length < 5) return connection(code.frameSize, code.protocol)
      if ((rest.readUInt32BE() & int31) === frame.streamId) {
        connection(code.protocol)
        stream(code.protocol)
      }
    }
    if (frame.streamId % 2 === 0) return connection(code.protocol)
    const ends = (frame.flags & flag.endStream) !== 0
    if (frame.streamId <= model.lastId) return judgeTrailers(judged, ends, meaning)
    // A stream with a response may be reset at any time, before the model has seen it.
    const activeCount = model.active.filter(({ serverEnded }) => !serverEnded).length
    model.lastId = frame.streamId
    model.streams.set(frame.streamId, {
      ...{ id: frame.streamId, clientEnded: ends, serverEnded: false, resetBy: undefined },
      ...{ clientWindow: model.serverStartWindow, serverWindow: model.clientStartWindow },
      ...{ contentLength: meaning?.contentLength, sentBytes: 0, sent: [], got: [], lists: [] },
    })
    if (activeCount >= model.concurrentMax) stream(code.refused, code.protocol)
    // Handlers that continue after a reset may count too.
    else if (model.streams.size > model.concurrentMax) verdict.streamCodes.push(code.refused)
    if (!meaning?.isRequest || !meaning.isWellFormed) stream(code.protocol)
    if (ends && (meaning?.contentLength ?? 0) > 0) stream(code.protocol)
  },

  [type.priority](judged) {
    const { frame, connection, stream, verdict } = judged
    if (frame.streamId === 0) return connection(code.protocol)
    if (frame.payload.length !== 5) {
      connection(code.frameSize)
      stream(code.frameSize)
    } else if ((frame.payload.readUInt32BE() & int31) === frame.streamId) {
      verdict.connectionCodes.push(code.protocol)
      verdict.streamCodes.push(code.protocol)
    }
  },

  [type.reset](judged) {
    const { model, frame, connection } = judged
    if (frame.payload.length !== 4) connection(code.frameSize)
    if (isIdle(model, frame.streamId)) return connection(code.protocol)
    const target = model.streams.get(frame.streamId)
    if (target !== undefined) target.resetBy ??= 'client'
  },

  [type.settings](judged) {
    const { model, frame, connection } = judged
    const { payload } = frame
    if (frame.streamId !== 0) return connection(code.protocol)
    if (frame.flags & flag.ack) return payload.length > 0 ? connection(code.frameSize) : undefined
    if (payload.length % 6 !== 0) return connection(code.frameSize)
    const changes: { windowBytes?: number; tableBytes?: number } = {}
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      const id = payload.readUInt16BE(at)
      if (id === 1) changes.tableBytes = value
      if (id === 2 && value > 1) connection(code.protocol)
      if (id === 4 && value > int31) connection(code.flowControl)
      if (id === 4) changes.windowBytes = value
      if (id === 5 && (value < 16_384 || value > 0xff_ffff)) connection(code.protocol)
    }
    const growth = (changes.windowBytes ?? model.clientStartWindow) - model.clientStartWindow
    for (const { serverWindow } of model.active) {
      if (serverWindow + growth > int31) connection(code.flowControl)
    }
    model.unacknowledged.push(changes)
  },

  [type.push]({ connection }) {
    connection(code.protocol)
  },

  [type.ping]({ model, frame, connection }) {
    if (frame.streamId !== 0) return connection(code.protocol)
    if (frame.payload.length !== 8) return connection(code.frameSize)
    if ((frame.flags & flag.ack) === 0) model.unanswered.push(frame.payload)
  },

  [type.goaway]({ frame, connection }) {
    if (frame.streamId !== 0) connection(code.protocol)
    if (frame.payload.length < 8) connection(code.frameSize, code.protocol)
  },

  [type.windowUpdate](judged) {
    const { model, frame, connection, stream, verdict } = judged
    if (frame.payload.length !== 4) return connection(code.frameSize)
    const increment = frame.payload.readUInt32BE() & int31
    if (frame.streamId === 0) {
      model.serverWindow += increment
      if (increment === 0) connection(code.protocol)
      if (model.serverWindow > int31) connection(code.flowControl)
      return
    }
    if (isIdle(model, frame.streamId)) return connection(code.protocol)
    const target = model.streams.get(frame.streamId)
    if (target === undefined || !isActive(target)) {
      if (increment === 0) verdict.streamCodes.push(code.protocol)
      return
    }
    target.serverWindow += increment
    if (increment === 0) stream(code.protocol)
    if (target.serverWindow > int31) stream(code.flowControl)
  },

  [type.continuation]({ connection }) {
    connection(code.protocol)
  },
}

function isIdle(model: Http2Model, streamId: number): boolean {
  return streamId === 0 || streamId % 2 === 0 || streamId > model.lastId
}

function withoutPadding({ frame, connection }: Judged): Buffer {
  const { payload } = frame
  if ((frame.flags & flag.padded) === 0) return payload
  const padding = payload[0] ?? 0
  if (payload.length === 0) connection(code.frameSize, code.protocol)
  else if (padding >= payload.length) connection(code.protocol)
  return payload.subarray(1, Math.max(1, payload.length - padding))
}

/**
 * Returns the stream when the client may still send on it. Otherwise adds the permitted reactions.
 */
function openOrJudged({ model, frame, verdict, connection, stream }: Judged) {
  const { streamId } = frame
  const target = model.streams.get(streamId)
  if (isIdle(model, streamId)) connection(code.protocol)
  // A skipped id: closed (§5.1.1).
  else if (target === undefined) connection(code.streamClosed, code.protocol)
  else if (target.resetBy === 'server') verdict.streamCodes.push(code.streamClosed)
  else if (target.resetBy === 'client' || target.clientEnded) {
    connection(code.streamClosed)
    stream(code.streamClosed)
  } else return target
  return undefined
}

function judgeTrailers(judged: Judged, ends: boolean, meaning: Meaning | undefined): void {
  const target: ModelStream | undefined = openOrJudged(judged)
  // The server may see it as a skipped id, which is too low (§5.1.1).
  if (target === undefined) judged.verdict.connectionCodes.push(code.protocol)
  if (target === undefined) return
  const { contentLength, sentBytes } = target
  const areTrailers = meaning?.isRequest === false && meaning.isWellFormed
  if (!ends || !areTrailers) judged.stream(code.protocol)
  if (contentLength !== undefined && contentLength !== sentBytes) judged.stream(code.protocol)
  if (ends) target.clientEnded = true
}
