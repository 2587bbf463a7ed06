import type { PathFields } from '@marquee/transcode/request/path-fields'

/** Paths of movies stand for one type of record: at rating, and at movie. */
export const restPathFields: PathFields = { '/v1/movies': { record_type: 'movie' } }
