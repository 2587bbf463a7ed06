const cards = Array.from({ length: 12 }, (_, index) => index)

/** Placeholders of the same size as the cards. */
export function Skeleton() {
  return (
    <>
      <p class="visually-hidden">Loading movies</p>
      <div class="block" aria-hidden="true">
        {cards.map((card) => (
          <div key={card} class="card ghost">
            <div class="ghost-poster" />
            <div class="card-rating" />
          </div>
        ))}
      </div>
    </>
  )
}
