/** Gives up memory that its client makes it hold. */
export interface MemoryHolder {
  /**
   * Drops the largest thing that the client leaves unread, or that nobody has taken, and discharges it. Returns false
   * when there is nothing of the kind.
   */
  shed(): boolean
}

/** The accounts of one client address, which share its part of the budget. */
export interface AddressAccounts {
  readonly address: string
  heldBytes: number
  readonly accounts: Set<MemoryAccount>
}

/** Where an account belongs: what it is told by its accounts, and answers them. */
export interface MemoryLedger {
  /** What all accounts hold. */
  usedBytes: number
  /** How often something was refused for want of memory. */
  refusalCount: number
  /** Whether the account may hold so many bytes more. */
  hasRoom(account: MemoryAccount, bytes: number, share: number): boolean
  /** Lets the largest holders of an address shed until it is within its share. */
  shed(owner: AddressAccounts): void
  /** Something of the account waits for room. */
  addWaiting(account: MemoryAccount): void
  /** There is more room than before. */
  onRoom(): void
  /** The account is closed and holds nothing. */
  forget(account: MemoryAccount): void
}

/**
 * How far an account may go: it may hold at most this many times what is free. By this rule (dynamic thresholds, Choudhury
 * and Hahne 1998) one greedy account ends at α/(1+α) of the budget, and whoever comes next always finds some left. What
 * can wait stops first; what small calls need stops last.
 */
export const memoryShares = {
  /** A message or a batch, which can wait for its turn: half of the budget. */
  message: 1,
  /** A connection: three fifths. */
  connection: 1.5,
  /** What is here already, as a response that nobody reads: two thirds. Beyond it the largest holder sheds. */
  arrived: 2,
  /** A stream: four fifths, so that small calls go on while large ones wait. */
  stream: 4,
} as const

/** A client that leaves less than this unread is not among those who leave much. */
const unreadBytesMin = 256 * 1024

interface Waiting {
  readonly bytes: number
  readonly onGranted: () => void
}

/** What the client of one connection makes the process hold. */
export class MemoryAccount {
  /** All of it, in bytes. */
  heldBytes = 0
  /** The part of it that the holder can shed. */
  shedBytes = 0
  holder: MemoryHolder | undefined
  readonly owner: AddressAccounts
  readonly #ledger: MemoryLedger
  /** First come, first served. */
  #waiting: Set<Waiting> | undefined
  #isClosed = false

  constructor(ledger: MemoryLedger, owner: AddressAccounts) {
    this.#ledger = ledger
    this.owner = owner
  }

  /** Whether something waits for room. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined && this.#waiting.size > 0
  }

  /** Whether a message would have to wait for room. */
  get isShort(): boolean {
    return !this.#ledger.hasRoom(this, 0, memoryShares.message)
  }

  /** Whether its client leaves so much unread, or untaken, that it should do that first. */
  get leavesUnread(): boolean {
    return this.shedBytes > unreadBytesMin && this.isShort
  }

  /** Charges bytes before they are held, and returns true; or returns false, which counts as a refusal. */
  reserve(bytes: number, share: number = memoryShares.message): boolean {
    if (this.tryReserve(bytes, share)) return true
    this.refuse()
    return false
  }

  /** Like `reserve`, for one who waits when there is no room. */
  tryReserve(bytes: number, share: number = memoryShares.message): boolean {
    if (!this.#ledger.hasRoom(this, bytes, share)) return false
    this.#add(bytes)
    return true
  }

  /** What was reserved is not held any more. */
  release(bytes: number): void {
    if (bytes === 0) return
    this.#add(-bytes)
    if (this.#isClosed && this.heldBytes === 0) this.#ledger.forget(this)
    this.#ledger.onRoom()
  }

  /**
   * Charges bytes that are here already and that the holder can shed. When they are more than the share of the address,
   * its largest holders shed at once, which may be this one.
   */
  charge(bytes: number): void {
    this.shedBytes += bytes
    this.#add(bytes)
    this.#ledger.shed(this.owner)
  }

  /** What was charged is not held any more. */
  discharge(bytes: number): void {
    this.shedBytes -= bytes
    this.release(bytes)
  }

  /**
   * Calls back when so many bytes are reserved, after those that asked before.
   * @returns stops waiting.
   */
  wait(bytes: number, onGranted: () => void): () => void {
    const waiting = { bytes, onGranted }
    this.#waiting ??= new Set()
    this.#waiting.add(waiting)
    this.#ledger.addWaiting(this)
    return () => void this.#waiting?.delete(waiting)
  }

  /** Grants the first that waits, if there is room for it. */
  serveOne(): boolean {
    for (const waiting of this.#waiting ?? []) {
      if (!this.tryReserve(waiting.bytes)) return false
      this.#waiting?.delete(waiting)
      waiting.onGranted()
      return true
    }
    return false
  }

  /** Lets the holder shed something; false when it has nothing to shed. */
  shed(): boolean {
    return this.holder?.shed() ?? false
  }

  /** Counts a refusal for want of memory. */
  refuse(): void {
    this.#ledger.refusalCount++
  }

  /** The connection is over. What is still held is released by those who hold it. */
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
