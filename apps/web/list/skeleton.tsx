const cards = Array.from({ length: 12 }, (_, index) => index)

/** As large as what comes. */
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
