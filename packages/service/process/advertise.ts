import { hostname, type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** This machine, as `node:os` tells of it. */
export interface Machine {
  readonly hostname: string
  readonly interfaces: Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>
}

/**
 * The host by which others reach what listens on `host`. Of every address, it is the first that is not this machine's
 * alone, IPv4 before IPv6; without one, its name.
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
