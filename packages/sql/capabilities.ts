/**
 * Capabilities of a store's adapter. The store's contract suite tests what an adapter claims here.
 */
export interface StoreCapabilities {
  /** True when a resolved write survives the end of the process. */
  readonly durable: boolean
  /**
   * Scope in which the store may be open more than once at the same time: not outside one object,
   * by processes of one machine, or by processes of several machines.
   */
  readonly shared: 'process' | 'machine' | 'network'
}

export const memoryCapabilities: StoreCapabilities = { durable: false, shared: 'process' }
export const sqliteCapabilities: StoreCapabilities = { durable: true, shared: 'machine' }
export const postgresCapabilities: StoreCapabilities = { durable: true, shared: 'network' }
