import type { Socket } from 'node:net'
import type { MemoryAccount } from '../memory/account.ts'
import type { Http1Limits } from './limits.ts'
import { Pieces } from './pieces.ts'

/** Keeps the bytes that arrive before they can be read, and holds the client back. */
export class Inlet {
  readonly #socket: Socket
  readonly #limits: Http1Limits
  readonly #backlog: Pieces
  #isPaused = false
  #lingeredBytes = 0

  constructor(socket: Socket, limits: Http1Limits, account: MemoryAccount) {
    this.#socket = socket
    this.#limits = limits
    this.#backlog = new Pieces(limits.waitingBytesMax, account)
  }

  /** True when no bytes wait. */
  get isEmpty(): boolean {
    return this.#backlog.isEmpty
  }

  /** Keeps bytes to read later. */
  keep(bytes: Buffer): void {
    this.#backlog.push(bytes)
    if (this.#backlog.isFull) this.pause()
  }

  takeAll(): Buffer {
    return this.#backlog.takeAll()
  }

  clear(): void {
    this.#backlog.clear()
  }

  /**
   * Drops the bytes of a client that should close. Beyond a limit it pauses the socket, so that the
   * client sees the response.
   */
  linger(bytes: Buffer): void {
    this.#lingeredBytes += bytes.length
    if (this.#lingeredBytes > this.#limits.lingeringBytesMax) this.pause()
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** Resumes the socket after a pause, when the backlog and the body have room. */
  resume(body: { readonly isFull: boolean } | undefined): void {
    if (!this.#isPaused || this.#backlog.isFull || body?.isFull) return
    this.#isPaused = false
    this.#socket.resume()
  }
}
