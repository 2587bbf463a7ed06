import { BlockList, isIP } from 'node:net'

/** Addresses and networks. */
export interface AddressList {
  /** Whether an address, as a socket tells it, is among them. */
  readonly has: (address: string) => boolean
}

/** Thrown for what is neither an address nor a network; its message names it. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
}

/** @param entries addresses (`10.0.0.7`, `::1`) and networks (`10.0.0.0/8`, `fd00::/8`). */
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

/** A socket that takes both versions tells IPv4 addresses within IPv6's (RFC 4291 §2.5.5.2). */
function withoutMapping(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}
