import { useEffect, useState } from 'preact/hooks'
import type { ServiceAddresses } from '../addresses.ts'
import { type DirectAddress, directAddress } from './direct-address.ts'
import type { Instances } from './instances.ts'
import type { Place } from './try-path.ts'

export interface AddressProps extends Place {
  /** Full name of the RPC service. */
  readonly typeName: string
  readonly addresses: () => Promise<ServiceAddresses>
  readonly instances: Instances
}

/** The address for commands; `undefined` until it is known. */
export function useAddress(props: AddressProps): DirectAddress | undefined {
  const { typeName, at, instance, addresses, instances } = props
  const [address, setAddress] = useState<DirectAddress | undefined>()
  useEffect(() => {
    let isCurrent = true
    setAddress(undefined)
    const lookups = { addresses, instances: instances.load, origin: location.origin }
    void directAddress({ typeName, at, instance }, lookups).then((found) => {
      if (isCurrent) setAddress(found)
    })
    return () => {
      isCurrent = false
    }
  }, [typeName, at, instance, addresses, instances])
  return address
}
