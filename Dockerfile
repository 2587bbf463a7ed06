# One image for the three services; the command selects which:
#   docker run -p 127.0.0.1:8082:8082 -v marquee:/app/data -e INSECURE=true marquee services/rating/main.ts
# INSECURE accepts calls without a token; omit it where AUTH_ISSUER is set. Without a command the
# image runs all three on their embedded defaults, as `bun start` does. Set another port by PORT,
# which the health check reads too.

ARG BUN_VERSION=1.4.5

FROM oven/bun:${BUN_VERSION} AS install
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
COPY patches patches
COPY packages packages
COPY apps apps
# A workspace of tests, of which the install reads the manifest.
COPY test/openapi-fetch/package.json test/openapi-fetch/
# The cache saves the download when a source file has changed. Of vega-datasets, 42 MB, the services
# read one file.
RUN --mount=type=cache,target=/root/.bun/install/cache \
  bun install --frozen-lockfile --production \
  && find node_modules/vega-datasets/data -type f ! -name movies.json -delete

FROM install AS page
COPY tsconfig.json ./
COPY gen gen
COPY scripts scripts
RUN bun scripts/build-web.ts

FROM oven/bun:${BUN_VERSION}-slim
WORKDIR /app
COPY --from=install /app/node_modules node_modules
COPY --from=page /app/dist/web dist/web
COPY package.json ./
COPY gen gen
COPY packages packages
COPY producers producers
COPY services services
# For the SQLite files, when no other store is configured.
RUN mkdir data && chown bun:bun data
USER bun
ENV HOST=0.0.0.0
EXPOSE 8081 8082 8083
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s \
  CMD ["bun", "services/health-check.ts"]
ENTRYPOINT ["bun"]
CMD ["services/dev.ts"]
