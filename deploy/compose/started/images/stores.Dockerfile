# Stand-ins for the stores' images where none can be pulled: Debian's packages, laid out as the
# official images are (user 999, the same commands, data folders that a volume takes over).
ARG BASE
FROM ${BASE} AS packages
ENV DEBIAN_FRONTEND=noninteractive
RUN groupadd -g 999 store && useradd -u 999 -g 999 -M -d /nonexistent store \
 && mkdir /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf \
 && apt-get update -q && apt-get install -qy --no-install-recommends redis-server postgresql rabbitmq-server haproxy \
 && rm -rf /var/lib/apt/lists/*

FROM packages AS redis
RUN mkdir -p /data && chown 999:999 /data

FROM packages AS postgres
COPY postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
RUN rm -rf /var/lib/postgresql/data && install -d -o 999 -g 999 /var/lib/postgresql/data
ENV PATH=/usr/lib/postgresql/15/bin:$PATH
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]

FROM packages AS rabbitmq
RUN rm -rf /var/lib/rabbitmq && install -d -o 999 -g 999 /var/lib/rabbitmq \
 && chown -R 999:999 /etc/rabbitmq && sed -i 's/^store:.*/store:x:999:999::\/var\/lib\/rabbitmq:\/bin\/sh/' /etc/passwd
ENV PATH=/usr/lib/rabbitmq/bin:$PATH HOME=/var/lib/rabbitmq RABBITMQ_LOGS=- LANG=C.UTF-8

FROM packages AS haproxy
