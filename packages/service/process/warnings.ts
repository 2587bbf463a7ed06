/**
 * Hides two warnings that say nothing about this program: Node's warning that its SQLite is
 * experimental, and the warning about a negative time-out that kafkajs sets. Other warnings are
 * printed. Must be called before the program's first `await`.
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
