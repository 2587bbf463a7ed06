import { ConnectionError } from '../frames/errors.ts'
import { errorCode, frameFlag, readUint31, readUint32 } from '../frames/wire.ts'
import type { PeerBudget } from './peer-budget.ts'
import type { ReceiveWindow } from './receive-window.ts'
import type { StreamTable } from './stream-table.ts'
import type { Transmitter } from './transmitter.ts'

// Checks the frames that carry no part of a message, and passes them on. The payload is `bytes`
// from `start` to `end`.

/** The side of a connection that control frames concern. */
export interface ControlOwner {
  /** Reports that the peer will close the connection (RFC 9113 §6.8). */
  onGoaway?(lastStreamId: number, code: number, message: string): void
  /** Reports a response to a PING. */
  onPong(payload: Uint8Array): void
}

/** The parts of a connection that control frames change. */
export interface ControlSink {
  readonly streams: StreamTable
  readonly transmitter: Transmitter
  readonly receiveWindow: ReceiveWindow
  readonly budget: PeerBudget
  readonly owner: ControlOwner
  onSettings(bytes: Uint8Array, start: number, end: number): void
  /** Reports that the peer has acknowledged our SETTINGS. */
  onSettingsAcked(): void
}

const { protocolError, frameSizeError, flowControlError } = errorCode

/** Checks the form of a priority and ignores its meaning (RFC 9113 §5.3.2). */
export function onPriority(
  sink: ControlSink,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId === 0) throw new ConnectionError(protocolError, 'PRIORITY on stream 0')
  sink.budget.spend(1)
  if (end - start !== 5) {
    const wrongLength = 'PRIORITY length is not 5'
    if (sink.streams.isIdle(streamId)) throw new ConnectionError(frameSizeError, wrongLength)
    return void sink.streams.refuse(streamId, frameSizeError, wrongLength)
  }
  if (readUint31(bytes, start) === streamId) {
    throw new ConnectionError(protocolError, 'stream depends on itself')
  }
}

export function onResetStream(
  sink: ControlSink,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (end - start !== 4) throw new ConnectionError(frameSizeError, 'RST_STREAM length is not 4')
  if (streamId === 0) throw new ConnectionError(protocolError, 'RST_STREAM on stream 0')
  const stream = sink.streams.get(streamId)
  if (stream === undefined) sink.streams.onStray(streamId)
  else sink.streams.onReset(stream, readUint32(bytes, start))
}

export function onSettings(
  sink: ControlSink,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'SETTINGS on a stream')
  if ((flags & frameFlag.ack) === 0) {
    sink.budget.spendSettings()
    return void sink.onSettings(bytes, start, end)
  }
  if (start !== end)
    throw new ConnectionError(frameSizeError, 'SETTINGS acknowledgement has a payload')
  sink.budget.spend(1)
  sink.onSettingsAcked()
}

export function onPing(
  sink: ControlSink,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'PING on a stream')
  if (end - start !== 8) throw new ConnectionError(frameSizeError, 'PING length is not 8')
  sink.budget.spend(1)
  const payload = bytes.subarray(start, end)
  if ((flags & frameFlag.ack) === 0) sink.transmitter.writer.ping(payload, true)
  else sink.owner.onPong(payload)
}

export function onGoaway(
  sink: ControlSink,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'GOAWAY on a stream')
  if (end - start < 8) throw new ConnectionError(frameSizeError, 'GOAWAY is shorter than 8')
  sink.budget.spend(1)
  const message = bytes.toString('latin1', start + 8, end)
  sink.owner.onGoaway?.(readUint31(bytes, start), readUint32(bytes, start + 4), message)
}

export function onWindowUpdate(
  sink: ControlSink,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (end - start !== 4) throw new ConnectionError(frameSizeError, 'WINDOW_UPDATE length is not 4')
  sink.budget.spend(1)
  const increment = readUint31(bytes, start)
  if (streamId === 0) {
    if (increment === 0) throw new ConnectionError(protocolError, 'WINDOW_UPDATE of 0')
    return void sink.transmitter.widen(increment)
  }
  const stream = sink.streams.get(streamId)
  if (stream === undefined) return void sink.streams.onStray(streamId)
  if (increment === 0) {
    sink.streams.refuse(streamId, protocolError, 'WINDOW_UPDATE of 0')
  } else if (!sink.transmitter.widenStream(stream, increment)) {
    sink.streams.refuse(streamId, flowControlError, 'window too large')
  }
}
