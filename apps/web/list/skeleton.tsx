import { blockSizeOf } from './columns.ts'

/** Placeholders of the same size as the cards. */
export function Skeleton({ columns }: { columns: number }) {
  const count = blockSizeOf(columns)
  return (
    <div style={{ '--columns': columns }}>
      <p class="visually-hidden">Loading movies</p>
      <div class="block" style={{ '--count': count }} aria-hidden="true">
        {Array.from({ length: count }, (_, card) => (
          <div key={card} class="card ghost">
            <div class="ghost-poster" />
            <div class="card-rating" />
          </div>
        ))}
      </div>
    </div>
  )
}
