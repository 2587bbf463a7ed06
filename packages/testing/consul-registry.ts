import { openRegistry } from '@marquee/registry/open'
import type { Registry } from '@marquee/registry/port'
import { type Logger, pino } from 'pino'
import type { ConsulConfig } from '../registry/consul/address.ts'

let prefixCount = 0

/** Returns a unique prefix of service names. */
export function uniquePrefix(): string {
  return `test-${process.pid}-${prefixCount++}-`
}

/**
 * Opens a registry in the Consul at the address, with short intervals and, by default, unique
 * service names.
 */
export function openConsul(
  address: string,
  options: Partial<ConsulConfig> = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<Registry> {
  const config = {
    kind: 'consul',
    url: `http://${address}`,
    verifiesTls: true,
    prefix: uniquePrefix(),
    check: 'grpc',
    checkIntervalMs: 1_000,
    deregisterAfterMs: 60_000,
    graceMs: 200,
    waitMs: 5_000,
    ...options,
  } as const
  return openRegistry(config, log)
}
