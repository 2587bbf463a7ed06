/**
 * Keeps lines away that say nothing about this program: by which Node says at every start that its SQLite is
 * experimental, and by which every runtime says that kafkajs sets a timer to a moment that has passed. Other warnings are
 * printed as ever. Has to be called before the program's first `await`.
 */
export function hideHarmlessWarnings(): void {
  const print = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning' && warning.message.startsWith('SQLite')) return
    if (warning.name === 'TimeoutNegativeWarning') return
    for (const listener of print) listener(warning)
  })
}
