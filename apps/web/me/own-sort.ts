const sorts = ['time', 'value', 'title'] as const

/** Order of a person's own ratings: by time and value the highest first, by title from A to Z. */
export type OwnSort = (typeof sorts)[number]

export const ownSortNames: Readonly<Record<OwnSort, string>> = {
  time: 'Rated on',
  value: 'My rating',
  title: 'Title',
}

export function parseOwnSort(search: URLSearchParams): OwnSort {
  return sorts.find((sort) => sort === search.get('sort')) ?? 'time'
}

export function ownPath(sort: OwnSort): string {
  return sort === 'time' ? '/me' : `/me?sort=${sort}`
}
