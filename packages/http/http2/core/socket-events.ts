import type { Socket } from 'node:net'

/** Handles the events of a socket. */
export interface SocketOwner {
  onData(chunk: Buffer): void
  /** Reports that the socket accepts bytes again. */
  onDrain(): void
  /** Reports that the peer sends nothing more. */
  onEnd(): void
  /** Reports that the socket has failed or closed. Called for each, so more than once. */
  onClose(cause: Error): void
}

const ownerKey = Symbol('owner')

interface OwnedSocket extends Socket {
  [ownerKey]?: SocketOwner
}

/**
 * Passes the events of a socket to its only owner. All sockets share the listeners, because five
 * closures for each are a large part of the memory of an idle connection.
 */
export function onEvents(socket: OwnedSocket, owner: SocketOwner): void {
  socket[ownerKey] = owner
  socket.on('data', onData).on('drain', onDrain).on('end', onEnd)
  socket.on('error', onError).on('close', onClose)
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[ownerKey]?.onData(chunk)
}

function onDrain(this: OwnedSocket): void {
  this[ownerKey]?.onDrain()
}

function onEnd(this: OwnedSocket): void {
  this[ownerKey]?.onEnd()
}

function onError(this: OwnedSocket, error: Error): void {
  this[ownerKey]?.onClose(error)
}

function onClose(this: OwnedSocket): void {
  this[ownerKey]?.onClose(new Error('the connection was closed'))
}
