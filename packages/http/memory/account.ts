/** Holds memory for a client, and can give it up. */
export interface MemoryHolder {
  /**
   * Drops the largest thing that the client has not read, or that no handler has taken, and
   * discharges it. Returns `false` when there is none.
   */
  shed(): boolean
}

/** The accounts of one client address. They share its part of the budget. */
export interface AddressAccounts {
  readonly address: string
  heldBytes: number
  readonly accounts: Set<MemoryAccount>
}

/** The owner of the accounts. It decides whether an account may hold more, and keeps the totals. */
export interface MemoryLedger {
  /** Bytes held by all accounts together. */
  usedBytes: number
  /** Refusals for lack of memory. */
  refusalCount: number
  /** Returns whether the account may hold `bytes` more, with this `share` (see `memoryShares`). */
  hasRoom(account: MemoryAccount, bytes: number, share: number): boolean
  /** Lets the largest holders of an address shed until the address is within its share. */
  shed(owner: AddressAccounts): void
  /** Reports that the account has something that waits for room. */
  addWaiting(account: MemoryAccount): void
  /** Reports that memory was released. */
  onRoom(): void
  /** Removes an account that is closed and holds nothing. */
  forget(account: MemoryAccount): void
}

/**
 * Factors of the free memory. An address may hold at most this many times what is free, and an
 * account this many times what its address has left. By this rule (dynamic thresholds, Choudhury
 * and Hahne 1998) one greedy address ends at α/(1+α) of the budget, so that the next client always
 * finds some left. Holders that can wait have small factors. Those that small calls need have large
 * ones.
 */
export const memoryShares = {
  /** A message or a batch, which can wait: half of the budget. */
  message: 1,
  /** A connection: three fifths of the budget. */
  connection: 1.5,
  /**
   * Bytes that have already arrived, and responses that the client does not read: two thirds of the
   * budget. Beyond it the largest holder sheds.
   */
  arrived: 2,
  /** A stream: four fifths of the budget, so that small calls continue while large ones wait. */
  stream: 4,
} as const

/** Unread bytes, or bytes not taken, below which a client never counts as slow to read. */
const unreadBytesMin = 256 * 1024

interface Waiting {
  readonly bytes: number
  readonly onGranted: () => void
}

/** Account of the memory that the client of one connection makes the process hold. */
export class MemoryAccount {
  /** Bytes held, all together. */
  heldBytes = 0
  /** Part of `heldBytes` that the holder can shed, in bytes. */
  shedBytes = 0
  holder: MemoryHolder | undefined
  readonly owner: AddressAccounts
  readonly #ledger: MemoryLedger
  /** Requests for room, oldest first. */
  #waiting: Set<Waiting> | undefined
  #isClosed = false

  constructor(ledger: MemoryLedger, owner: AddressAccounts) {
    this.#ledger = ledger
    this.owner = owner
  }

  /** True while a request for room waits. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0
  }

  /** True when a message would have to wait for room. */
  get isShort(): boolean {
    return !this.#ledger.hasRoom(this, 0, memoryShares.message)
  }

  /**
   * True when memory is short and the client leaves much unread or untaken. It has to read that
   * first.
   */
  get leavesUnread(): boolean {
    return this.shedBytes > unreadBytesMin && this.isShort
  }

  /**
   * Charges bytes before they are held. Returns `false`, and counts a refusal, when there is no
   * room.
   */
  reserve(bytes: number, share: number = memoryShares.message): boolean {
    if (this.tryReserve(bytes, share)) return true
    this.refuse()
    return false
  }

  /** Charges bytes as `reserve` does, but counts no refusal: for callers that wait for room. */
  tryReserve(bytes: number, share: number = memoryShares.message): boolean {
    if (!this.#ledger.hasRoom(this, bytes, share)) return false
    this.#add(bytes)
    return true
  }

  /** Returns reserved bytes that are no longer held. */
  release(bytes: number): void {
    if (bytes === 0) return
    this.#add(-bytes)
    if (this.#isClosed && this.heldBytes === 0) this.#ledger.forget(this)
    this.#ledger.onRoom()
  }

  /**
   * Charges bytes that have already arrived and that the holder can shed. When the address exceeds
   * its share, its largest holders shed at once. This account may be among them.
   */
  charge(bytes: number): void {
    this.shedBytes += bytes
    this.#add(bytes)
    this.#ledger.shed(this.owner)
  }

  /** Returns charged bytes that are no longer held. */
  discharge(bytes: number): void {
    this.shedBytes -= bytes
    this.release(bytes)
  }

  /**
   * Calls `onGranted` once the bytes are reserved. Earlier requests of the account come first.
   * Returns a function that cancels the request.
   */
  wait(bytes: number, onGranted: () => void): () => void {
    const waiting = { bytes, onGranted }
    this.#waiting ??= new Set()
    this.#waiting.add(waiting)
    this.#ledger.addWaiting(this)
    return () => void this.#waiting?.delete(waiting)
  }

  /** Grants the oldest request when there is room for it. Returns whether it did. */
  serveOne(): boolean {
    for (const waiting of this.#waiting ?? []) {
      if (!this.tryReserve(waiting.bytes)) return false
      this.#waiting?.delete(waiting)
      waiting.onGranted()
      return true
    }
    return false
  }

  /** Lets the holder shed something. Returns `false` when it has nothing to shed. */
  shed(): boolean {
    return this.holder?.shed() ?? false
  }

  /** Counts a refusal for lack of memory. */
  refuse(): void {
    this.#ledger.refusalCount++
  }

  /** Reports that the connection is closed. Holders still release what they hold. */
  close(): void {
    this.#isClosed = true
    this.holder = undefined
    if (this.heldBytes === 0) this.#ledger.forget(this)
  }

  #add(bytes: number): void {
    this.heldBytes += bytes
    this.owner.heldBytes += bytes
    this.#ledger.usedBytes += bytes
  }
}
