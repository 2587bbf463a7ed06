import { ConnectionError } from '../frames/errors.ts'
import { errorCode, frameFlag, int31Max, readUint31, readUint32 } from '../frames/wire.ts'
import type { Http2Connection } from './connection.ts'

// The frames that carry nothing of a message, each checked and told to the connection. The payload is `bytes` from `start`
// to `end`.

const { protocolError, frameSizeError, flowControlError } = errorCode

/** Priorities are ignored (RFC 9113 §5.3.2), but for what they must look like. */
export function onPriority(
  connection: Http2Connection,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId === 0) throw new ConnectionError(protocolError, 'PRIORITY on stream 0')
  connection.spend(1)
  if (end - start !== 5) {
    if (connection.isIdle(streamId)) throw new ConnectionError(frameSizeError, 'PRIORITY')
    return void connection.streams.refuse(
      streamId,
      frameSizeError,
      'PRIORITY of another length than 5',
    )
  }
  if (readUint31(bytes, start) === streamId) {
    throw new ConnectionError(protocolError, 'a stream that depends on itself')
  }
}

export function onResetStream(
  connection: Http2Connection,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (end - start !== 4) throw new ConnectionError(frameSizeError, 'RST_STREAM of another length')
  if (streamId === 0) throw new ConnectionError(protocolError, 'RST_STREAM on stream 0')
  const stream = connection.streams.get(streamId)
  if (stream === undefined) connection.streams.onStray(streamId)
  else connection.streams.onReset(stream, readUint32(bytes, start))
}

export function onSettings(
  connection: Http2Connection,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'SETTINGS on a stream')
  if ((flags & frameFlag.ack) === 0) {
    connection.spend(connection.limits.settingsCost)
    return void connection.onSettings(bytes, start, end)
  }
  if (start !== end) throw new ConnectionError(frameSizeError, 'an acknowledgement with settings')
  connection.spend(1)
  connection.onSettingsAck()
}

export function onPing(
  connection: Http2Connection,
  flags: number,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'PING on a stream')
  if (end - start !== 8) throw new ConnectionError(frameSizeError, 'PING of another length')
  connection.spend(1)
  const payload = bytes.subarray(start, end)
  if ((flags & frameFlag.ack) === 0) connection.transmitter.writer.ping(payload, true)
  else connection.onPong(payload)
}

export function onGoaway(
  connection: Http2Connection,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (streamId !== 0) throw new ConnectionError(protocolError, 'GOAWAY on a stream')
  if (end - start < 8) throw new ConnectionError(frameSizeError, 'GOAWAY too short')
  connection.spend(1)
  const message = bytes.toString('latin1', start + 8, end)
  connection.onGoaway(readUint31(bytes, start), readUint32(bytes, start + 4), message)
}

export function onWindowUpdate(
  connection: Http2Connection,
  streamId: number,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  if (end - start !== 4)
    throw new ConnectionError(frameSizeError, 'WINDOW_UPDATE of another length')
  connection.spend(1)
  const { transmitter } = connection
  const increment = readUint31(bytes, start)
  if (streamId === 0) {
    const window = transmitter.queue.window + increment
    if (increment === 0) throw new ConnectionError(protocolError, 'WINDOW_UPDATE of nothing')
    if (window > int31Max) throw new ConnectionError(flowControlError, 'window too large')
    transmitter.queue.window = window
    return void transmitter.flushWhenReady()
  }
  const stream = connection.streams.get(streamId)
  if (stream === undefined) return void connection.streams.onStray(streamId)
  if (increment === 0)
    return void connection.streams.refuse(streamId, protocolError, 'WINDOW_UPDATE of nothing')
  if (stream.sendWindow + increment > int31Max) {
    return void connection.streams.refuse(streamId, flowControlError, 'window too large')
  }
  stream.sendWindow += increment
  transmitter.queue.resume(stream)
  transmitter.flushWhenReady()
}
