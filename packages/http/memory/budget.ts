import { type AddressAccounts, MemoryAccount, type MemoryLedger, memoryShares } from './account.ts'

export interface MemoryBudgetOptions {
  /** Maximum that all clients together can make the process hold, in bytes. Default: no limit. */
  readonly bytesMax?: number
}

/**
 * One budget for everything that clients can make a process hold. It is shared fairly among client
 * addresses, and within an address among its connections. The budget only counts: each holder
 * charges the account of its client.
 */
export class MemoryBudget implements MemoryLedger {
  readonly bytesMax: number
  usedBytes = 0
  refusalCount = 0
  /** Times that a holder had to give up what it held. */
  shedCount = 0
  readonly #addresses = new Map<string, AddressAccounts>()
  /** Accounts with something that waits. The one that was served longest ago comes first. */
  readonly #waiting = new Set<MemoryAccount>()
  #willServe = false

  constructor({ bytesMax = Number.POSITIVE_INFINITY }: MemoryBudgetOptions = {}) {
    this.bytesMax = bytesMax
  }

  /** Number of addresses that have an open account or hold something. */
  get addressCount(): number {
    return this.#addresses.size
  }

  /** Opens the account of a connection. The caller closes it with the connection. */
  open(remoteAddress: string): MemoryAccount {
    const address = networkOf(remoteAddress)
    let owner = this.#addresses.get(address)
    if (owner === undefined) {
      owner = { address, heldBytes: 0, accounts: new Set() }
      this.#addresses.set(address, owner)
    }
    const account = new MemoryAccount(this, owner)
    owner.accounts.add(account)
    return account
  }

  hasRoom(account: MemoryAccount, bytes: number, share: number): boolean {
    const left = share * (this.bytesMax - this.usedBytes - bytes) - account.owner.heldBytes - bytes
    return left >= 0 && account.heldBytes + bytes <= share * left
  }

  shed(owner: AddressAccounts): void {
    while (owner.heldBytes > memoryShares.arrived * (this.bytesMax - this.usedBytes)) {
      const largest = largestOf(owner)
      if (largest === undefined || !largest.shed()) return
      this.shedCount++
    }
  }

  addWaiting(account: MemoryAccount): void {
    this.#waiting.add(account)
  }

  /** Serves the waiting requests once, in a microtask, after the caller has finished. */
  onRoom(): void {
    if (this.#willServe || this.#waiting.size === 0) return
    this.#willServe = true
    queueMicrotask(() => this.#serve())
  }

  forget(account: MemoryAccount): void {
    const { owner } = account
    owner.accounts.delete(account)
    const isCurrent = this.#addresses.get(owner.address) === owner
    if (owner.accounts.size === 0 && isCurrent) this.#addresses.delete(owner.address)
  }

  /** Grants requests for which there is room: one of each account, then the next of each. */
  #serve(): void {
    this.#willServe = false
    let isServed = true
    while (isServed) {
      isServed = false
      for (const account of [...this.#waiting]) {
        if (account.serveOne()) {
          isServed = true
          // Accounts that were not served in this round come first in the next one.
          this.#waiting.delete(account)
          this.#waiting.add(account)
        }
        if (!account.isWaiting) this.#waiting.delete(account)
      }
    }
  }
}

function largestOf({ accounts }: AddressAccounts): MemoryAccount | undefined {
  let largest: MemoryAccount | undefined
  for (const account of accounts) {
    if (account.shedBytes > (largest?.shedBytes ?? 0)) largest = account
  }
  return largest
}

/** Groups of an IPv6 address that name a network: one client has all of a /64 (RFC 4291 §2.5.4). */
const networkGroups = 4

/** Returns the identity of a client: its IPv4 address, or the /64 network of its IPv6 address. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const tailGroups = tail === undefined || tail === '' ? [] : tail.split(':')
  while (tail !== undefined && groups.length + tailGroups.length < 8) groups.push('0')
  const network = [...groups, ...tailGroups].slice(0, networkGroups)
  return `${network.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`
}
