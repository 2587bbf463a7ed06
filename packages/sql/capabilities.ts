/** What a store can do beyond the rest of its port. Its contract suite tests what an adapter claims here. */
export interface StoreCapabilities {
  /** Whether what a resolved write saved survives the end of the process. */
  readonly durable: boolean
  /** Who may have the store open at the same time: one opening, processes of one machine, or of several machines. */
  readonly shared: 'process' | 'machine' | 'network'
}

export const memoryCapabilities: StoreCapabilities = { durable: false, shared: 'process' }
export const sqliteCapabilities: StoreCapabilities = { durable: true, shared: 'machine' }
export const postgresCapabilities: StoreCapabilities = { durable: true, shared: 'network' }
