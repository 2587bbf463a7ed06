# Stand-ins for the images that compose.yaml and Dockerfile name, for machines without an image
# registry: the same names, users, paths, entry points and volumes, built from Debian's packages.

FROM std AS bun
COPY --chmod=755 bun /usr/local/bin/bun
COPY --chmod=755 <<'EOF' /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
case "$1" in -*) set -- bun "$@" ;; *) command -v "$1" >/dev/null || set -- bun "$@" ;; esac
exec "$@"
EOF
RUN useradd --uid 1000 --user-group --create-home bun && echo cafile=/etc/ssl/certs/ca-certificates.crt >/root/.npmrc
ENV BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 BUN_INSTALL_BIN=/usr/local/bin
WORKDIR /home/bun/app
ENTRYPOINT ["/usr/local/bin/docker-entrypoint.sh"]
CMD ["/usr/local/bin/bun"]

FROM std AS postgres
ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/postgresql/17/bin PGDATA=/var/lib/postgresql/data LANG=C.UTF-8
RUN sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" /usr/share/postgresql/17/postgresql.conf.sample
COPY --chmod=755 <<'EOF' /usr/local/bin/docker-entrypoint.sh
#!/bin/bash
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql; chown -R postgres "$PGDATA" /var/run/postgresql; chmod 700 "$PGDATA"
  exec gosu postgres "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --username="${POSTGRES_USER:=postgres}" --pwfile=<(echo "${POSTGRES_PASSWORD:?}") --encoding=UTF8
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl -o "-c listen_addresses=''" -w start
  database=${POSTGRES_DB:-$POSTGRES_USER}
  createdb -U "$POSTGRES_USER" "$database"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -e "$file" ] || psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$database" -f "$file"
  done
  pg_ctl -m fast -w stop
fi
exec "$@"
EOF
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]

FROM std AS kafka
COPY lib /opt/kafka/libs
COPY --chmod=755 <<'EOF' /opt/kafka/bin/kafka-topics.sh
#!/bin/sh
exec java ${KAFKA_HEAP_OPTS:--Xmx256M} -Dlog4j2.level=WARN -cp '/opt/kafka/libs/*' org.apache.kafka.tools.TopicCommand "$@"
EOF
COPY --chmod=755 <<'EOF' /etc/kafka/docker/run
#!/bin/bash
# The official image's own wrapper writes server.properties from KAFKA_*, and formats the storage.
set -f
java="java ${KAFKA_HEAP_OPTS:--Xmx1G} -cp /opt/kafka/libs/*"
said=$($java kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1) ||
  echo "$said" | grep -i 'already formatted' || { echo "$said"; exit 1; }
exec $java -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml kafka.Kafka /opt/kafka/config/server.properties
EOF
COPY <<'EOF' /etc/kafka/docker/log4j2.yaml
Configuration:
  Appenders: { Console: { name: STDOUT, PatternLayout: { pattern: "[%d] %p %m (%c)%n" } } }
  Loggers: { Root: { level: INFO, AppenderRef: [{ ref: STDOUT }] } }
EOF
RUN useradd --uid 1000 --create-home appuser && cd /etc/kafka/docker && cp log4j2.yaml tools-log4j2.yaml && touch server.properties \
  && mkdir -p /opt/kafka/config /mnt/shared/config /etc/kafka/secrets /var/lib/kafka/data \
  && chown -R appuser /opt/kafka/config /mnt/shared/config /etc/kafka /var/lib/kafka
USER appuser
VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]
CMD ["/etc/kafka/docker/run"]

FROM std AS consul
COPY --chmod=755 consul /bin/consul
COPY --chmod=755 <<'EOF' /usr/local/bin/docker-entrypoint.sh
#!/usr/bin/dumb-init /bin/sh
set -e
[ -z "$CONSUL_LOCAL_CONFIG" ] || echo "$CONSUL_LOCAL_CONFIG" >/consul/config/local.json
[ "$1" != agent ] || { shift; set -- consul agent -data-dir=/consul/data -config-dir=/consul/config "$@"; }
[ "$1" != consul ] || set -- gosu consul "$@"
exec "$@"
EOF
RUN useradd --system consul && mkdir -p /consul/data /consul/config && chown -R consul /consul
VOLUME /consul/data
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["agent", "-dev", "-client", "0.0.0.0"]
