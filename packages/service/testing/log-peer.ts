/** Logs a line and ends as its argument says: see log.test.ts. */
import { openLog } from '../logs/log.ts'

/** More lines than one write of a worker takes, some of them longer than that. */
const lineCount = 100

const isWorker = process.argv[2] === 'worker'
const { logger } = await openLog({ level: 'info', format: 'json' }, isWorker ? 3 : undefined)
if (isWorker) {
  for (let line = 0; line < lineCount; line++) {
    logger.info({ texts: Array.from({ length: line % 20 }, () => 'ä'.repeat(150)) }, `line ${line}`)
  }
}
logger.info('the last line')
if (process.argv[2] !== 'throw') process.exit(3)
setTimeout(() => {
  throw new Error('nobody catches this')
})
