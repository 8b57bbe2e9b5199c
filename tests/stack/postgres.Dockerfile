# Debian's PostgreSQL behind the variables of the public image, for tests where no registry answers.
ARG BASE
FROM ${BASE}
RUN apt-get update && apt-get install -y --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/* \
 && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ && install -d -o postgres -g postgres /var/lib/postgresql/data
COPY postgres-entry.sh /entry.sh
USER postgres
CMD ["sh", "/entry.sh"]
