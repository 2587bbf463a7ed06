import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { copyFile, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { backendsFolder, installOnce, run } from '@marquee/testing/backends/cache'
import { type Found, leftOut } from '@marquee/testing/tools'
import { joinCsv } from '../../producers/csv-records.ts'
import { itemOf, readLazyData } from './r-data.ts'

/** A rating of MovieLens, with its movie. */
export interface MovieLensRow {
  readonly userId: number
  readonly movieId: number
  /** From 0.5 to 5. */
  readonly rating: number
  readonly timestamp: number
  readonly title: string
  readonly year: number | undefined
}

const cache = join(dirname(backendsFolder()), 'datasets')
const name = 'r-cran-dslabs'
const files = ['Rdata.rdx', 'Rdata.rdb'] as const

/**
 * Returns the 100,004 ratings of MovieLens (ml-latest-small of 2016) from Debian's r-cran-dslabs,
 * which is downloaded once and kept outside the work tree; or why they are missing.
 */
export async function readMovieLens(): Promise<Found<MovieLensRow[]>> {
  if (process.env.MARQUEE_TESTS) return leftOut
  if (spawnSync('apt-get', ['--version']).error) {
    return { missing: 'apt-get is not on the PATH; it downloads MovieLens from Debian' }
  }
  try {
    await installOnce(name, download, cache)
  } catch (error) {
    return { missing: `apt-get cannot download ${name}: ${String(error).replaceAll('\n', ' ')}` }
  }
  const [index, database] = await Promise.all(
    files.map((file) => readFile(join(cache, name, file))),
  )
  return { value: rowsOf(index as Buffer, database as Buffer) }
}

async function download(folder: string): Promise<void> {
  await run(folder, ['apt-get', 'download', name]).catch(async () => {
    // A new machine has no lists of packages.
    await run(folder, ['apt-get', 'update'])
    await run(folder, ['apt-get', 'download', name])
  })
  const [archive = ''] = globSync(join(folder, '*.deb'))
  await run(folder, ['dpkg-deb', '-x', archive, 'unpacked'])
  for (const file of files) {
    const [path = ''] = globSync(join(folder, 'unpacked', '**', 'dslabs', 'data', file))
    await copyFile(path, join(folder, file))
  }
  await rm(join(folder, 'unpacked'), { recursive: true })
  await rm(archive)
}

function rowsOf(index: Buffer, database: Buffer): MovieLensRow[] {
  const frame = readLazyData(gunzipSync(index), database, 'movielens')
  const column = <T>(name: string) => itemOf(frame, name).values as readonly T[]
  const [users, movies, ratings] = ['userId', 'movieId', 'rating'].map(column<number>)
  const [times, years] = [column<number>('timestamp'), column<number | undefined>('year')]
  const titles = column<string | undefined>('title')
  return titles.map((title = '', row) => ({
    userId: users?.[row] ?? Number.NaN,
    movieId: movies?.[row] ?? Number.NaN,
    rating: ratings?.[row] ?? Number.NaN,
    timestamp: times[row] ?? Number.NaN,
    title,
    year: years[row],
  }))
}

/** Returns `ratings.csv` of MovieLens. */
export function ratingsCsv(rows: readonly MovieLensRow[]): string {
  const lines = rows.map(({ userId, movieId, rating, timestamp }) =>
    joinCsv([`${userId}`, `${movieId}`, `${rating}`, `${timestamp}`]),
  )
  return `userId,movieId,rating,timestamp\n${lines.join('')}`
}

/** Returns `movies.csv` of MovieLens. */
export function moviesCsv(rows: readonly MovieLensRow[]): string {
  const movies = new Map(rows.map((row) => [row.movieId, row]))
  const lines = [...movies.values()].map(({ movieId, title, year }) => {
    const titleAndYear = year === undefined ? title || 'Untitled' : `${title} (${year})`
    return joinCsv([`${movieId}`, titleAndYear, '(no genres listed)'])
  })
  return `movieId,title,genres\n${lines.join('')}`
}
