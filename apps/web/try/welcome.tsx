const cards = [
  {
    path: '/try/movie.v1.MovieService/GetMovieDetails',
    title: 'Look up a movie',
    text: 'What it is, and how it is rated, in one call.',
  },
  {
    path: '/try/movie.v1.MovieService/ListMovies',
    title: 'Search',
    text: 'Find movies by words, filter them, or list the top rated.',
  },
  {
    path: '/try/rating.v1.RatingService/PutRating',
    title: 'Rate a movie',
    text: 'Half a star to five. The response has the new mean.',
  },
  {
    path: '/try/movie.v1.MovieService/WatchMovieDetails',
    title: 'Watch a rating live',
    text: 'A stream with a message for every change.',
  },
  {
    path: '/try/metadata.v1.MetadataService/ImportMetadata',
    title: 'Import two movies',
    text: 'A stream of messages in one request.',
  },
]

/** An introduction, shown while no method is chosen. */
export function Welcome() {
  return (
    <section class="welcome">
      <p class="welcome-text">
        Call any method of any service over Connect or gRPC-Web. Each example is ready to send. Copy
        any call as curl, grpcurl, buf, TypeScript or REST. All routes are in the{' '}
        <a href="/docs">REST documentation</a>.
      </p>
      <ul class="welcome-cards">
        {cards.map(({ path, title, text }) => (
          <li key={path} class="welcome-card">
            <a href={path}>{title}</a>
            <p>{text}</p>
            <p class="field-type">{path.split('/').at(-1)}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
