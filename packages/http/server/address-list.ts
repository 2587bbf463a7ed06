import { BlockList, isIP } from 'node:net'

/** A set of addresses and networks. */
export interface AddressList {
  /** Returns whether the set contains an address, written as sockets report it. */
  readonly has: (address: string) => boolean
}

/** Thrown when an entry is neither an address nor a network. Its message names the entry. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/**
 * Creates a list. Throws an `AddressError` when an entry is invalid.
 * @param entries Addresses (`10.0.0.7`, `::1`) and networks (`10.0.0.0/8`, `fd00::/8`).
 */
export function createAddressList(entries: readonly string[]): AddressList {
  const list = new BlockList()
  for (const entry of entries) add(list, entry)
  return {
    has(address) {
      const plain = withoutMapping(address)
      const version = isIP(plain)
      return version !== 0 && list.check(plain, version === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

function add(list: BlockList, entry: string): void {
  const [address = '', prefix, ...rest] = entry.split('/')
  const version = isIP(address)
  const bits = version === 4 ? 32 : 128
  const length = prefix === undefined ? bits : Number(prefix)
  const isWhole = /^\d{1,3}$/.test(prefix ?? '0') && length <= bits
  if (version === 0 || rest.length > 0 || !isWhole) {
    throw new AddressError(`"${entry}" is not an address or a network such as 10.0.0.0/8`)
  }
  list.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6')
}

/**
 * Returns the IPv4 address of an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2). A socket that
 * accepts both versions reports those.
 */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}
