const examples = [
  { path: '/try/movie.v1.MovieService/ListMovies', text: 'List movies, by title or by rating' },
  { path: '/try/rating.v1.RatingService/PutRating', text: 'Rate a movie' },
  {
    path: '/try/movie.v1.MovieService/WatchMovieDetails',
    text: 'Watch a rating move, as a stream',
  },
  {
    path: '/try/metadata.v1.MetadataService/ImportMetadata',
    text: 'Send several messages at once',
  },
]

/** What the page is for, as long as no method is chosen. */
export function Welcome() {
  return (
    <section class="prose">
      <p>
        Every method of the three services, by Connect or gRPC-Web. The forms are made from what the
        services tell of themselves by reflection. Each call is also a command for curl, grpcurl and
        buf.
      </p>
      <ul class="welcome-list">
        {examples.map(({ path, text }) => (
          <li key={path}>
            <a href={path}>{text}</a>
          </li>
        ))}
      </ul>
    </section>
  )
}
