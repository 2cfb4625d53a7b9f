# The project with its pinned requirements, for one who would rather install nothing:
#
#   docker build --tag fivenets .
#   docker run -it --volume fivenets:/fivenets fivenets                       (which is `make`)
#   docker run --volume fivenets:/fivenets --volume ~/pictures:/pictures fivenets \
#       .venv/bin/fivenets classify /pictures/photo.jpg
#   docker run --volume fivenets:/fivenets --publish 127.0.0.1:5000:5000 fivenets \
#       make ui LISTEN=0.0.0.0                     (demo and port 7860: likewise)
#
# Within a container, servers that listen at 127.0.0.1 cannot be reached from outside.
# The volume keeps data, models and runs. With an NVIDIA card (and `docker run --gpus all`):
#
#   docker build --tag fivenets --build-arg GPU=1 \
#       --build-arg BASE=nvidia/cuda:12.9.1-base-ubuntu24.04 .
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}
ARG GPU=

# Of the CUDA images none has Python; Ubuntu 24.04 brings 3.12. No versions, as Debian keeps only
# the last one of each.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && if ! command -v python3; then \
        apt-get install --yes --no-install-recommends python3 python3-venv; fi \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 5100 fivenets \
    && install --directory --owner=fivenets /fivenets
USER 5100
WORKDIR /fivenets

# What the environment is made of comes first: a change of anything else installs nothing again.
COPY --chown=fivenets Makefile pyproject.toml requirements.txt requirements-gpu.txt README.md ./
COPY --chown=fivenets pipelines/make/place.py pipelines/make/
COPY --chown=fivenets src/fivenets/__init__.py src/fivenets/
RUN make setup GPU="${GPU}"
COPY --chown=fivenets . .

ENV GPU=${GPU}
EXPOSE 5000 7860
CMD ["make"]
