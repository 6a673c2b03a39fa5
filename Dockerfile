# Build and run: see docs/install.md. The image holds Python, the package and its model; nothing is
# fetched when it runs, and it writes nowhere but below a folder that you mount.
ARG PYTHON=3.13-slim-bookworm

FROM python:${PYTHON} AS build
ARG EXTRAS=web,html,zst
WORKDIR /src
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY models/default models/default
COPY data data
COPY detector detector
RUN python -m venv /opt/detector \
    && /opt/detector/bin/pip install --no-cache-dir ".[${EXTRAS}]"

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="detector" \
      org.opencontainers.image.description="Find synthetic filler in news pages" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/detector /opt/detector
# One thread a process, and no attempt to write byte code into a file system that is read-only.
ENV PATH=/opt/detector/bin:$PATH \
    OPENBLAS_NUM_THREADS=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /pages
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["detector"]
# All addresses of the container; which of them can be reached is said where it is started.
CMD ["serve", "--host", "0.0.0.0"]
