import type { Defaults } from '@marquee/transcode/request/defaults'

/** Values for the paths of movies, which name no type of record: at rating, and at movie. */
export const restDefaults: Defaults = { '/v1/movies': { record_type: 'movie' } }
