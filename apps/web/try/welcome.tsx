const examples = [
  { path: '/try/movie.v1.MovieService/ListMovies', text: 'List movies by title or by rating' },
  { path: '/try/rating.v1.RatingService/PutRating', text: 'Rate a movie' },
  {
    path: '/try/movie.v1.MovieService/WatchMovieDetails',
    text: 'Watch a rating live, as a stream',
  },
  {
    path: '/try/metadata.v1.MetadataService/ImportMetadata',
    text: 'Import several movies in one stream',
  },
]

/** An introduction, shown while no method is chosen. */
export function Welcome() {
  return (
    <section class="prose">
      <p>
        Call any method of the three services over Connect or gRPC-Web. Forms come from the
        services' own descriptors, by reflection. Copy each call as a command for curl, grpcurl or
        buf. Each method is also a REST route: see the <a href="/docs">REST documentation</a>.
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
