# A grader: takes jobs, starts cells beside itself, sends verdicts. No Django, no database driver, no torch.
#   docker build -f containers/grader.Dockerfile -t anneal-grader .
# containers/offline/wheels serves a build without a network, as in web.Dockerfile.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
LABEL anneal.stage=build
WORKDIR /anneal
COPY pyproject.toml /anneal/
COPY containers /anneal/containers
RUN python3 -m venv /venv && python3 containers/requirements.py grader > /requirements.txt \
 && if [ -d containers/offline/wheels ]; then from="--no-index --find-links containers/offline/wheels"; fi \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check ${from:-} --requirement /requirements.txt

FROM ${BASE}
COPY --from=build /venv /venv
COPY graders /anneal/graders
COPY sandbox /anneal/sandbox
COPY containers/healthy.py /anneal/containers/healthy.py
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ANNEAL_HOME=/tmp/anneal
WORKDIR /anneal
CMD ["python", "-m", "graders", "worker", "--queues", "cpu"]
