import type { Socket } from 'node:net'
import type { MemoryAccount } from '../memory/account.ts'
import type { Http1Limits } from './limits.ts'
import { Pieces } from './pieces.ts'

/** What holds the client back, beside the backlog. */
export interface Consumer {
  readonly isFull: boolean
}

/** What comes by a connection before it is its turn, and how the client is held back. */
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

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#backlog.isEmpty
  }

  /** Keeps what is to be read later. */
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

  /** Drops what a client sends that is to close; from some bytes on it is held up, and sees the answer. */
  linger(bytes: Buffer): void {
    this.#lingeredBytes += bytes.length
    if (this.#lingeredBytes > this.#limits.lingeringBytesMax) this.pause()
  }

  pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
  }

  /** Goes on where it paused, when there is room. */
  resume(body: Consumer | undefined): void {
    if (!this.#isPaused || this.#backlog.isFull || body?.isFull) return
    this.#isPaused = false
    this.#socket.resume()
  }
}
