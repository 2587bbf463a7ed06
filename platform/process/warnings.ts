/**
 * Keeps the line away by which Node says at every start that its SQLite is experimental; other warnings are printed as
 * ever. Has to be called before the program's first `await`.
 */
export function hideSqliteWarning(): void {
  const print = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return
    for (const listener of print) listener(warning)
  })
}
