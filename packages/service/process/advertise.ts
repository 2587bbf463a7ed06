import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** Host name and network interfaces, as `node:os` returns them. */
export interface Machine {
  readonly hostname: string
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>
}

/**
 * Returns the host by which others reach a server that listens on `host`. For a server on all
 * addresses, it is the first address that others can reach, IPv4 before IPv6. Without one, it is
 * the host name.
 */
export function advertisedHost(host: string, machine: Machine = thisMachine()): string {
  if (host !== '0.0.0.0' && host !== '::') return host
  const addresses = Object.values(machine.interfaces)
    .flatMap((infos) => infos ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
  const ofFamily = (wanted: string) => addresses.find(({ family }) => family === wanted)?.address
  return ofFamily('IPv4') ?? ofFamily('IPv6') ?? machine.hostname
}

function thisMachine(): Machine {
  return { hostname: hostname(), interfaces: networkInterfaces() }
}
