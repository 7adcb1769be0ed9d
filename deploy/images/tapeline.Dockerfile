# tapeline in one image: the dashboard, the Rust extension and the command.
# Build it at the root of the repository: docker build -f deploy/images/tapeline.Dockerfile .
FROM node:22.21.1-bookworm-slim AS dashboard
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY web/ ./
RUN npm run build

FROM rust:1.95.0-slim-bookworm AS rust

FROM python:3.12.12-slim-bookworm AS wheel
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
COPY --from=rust /usr/local/cargo /usr/local/cargo
COPY --from=rust /usr/local/rustup /usr/local/rustup
ENV PATH=/usr/local/cargo/bin:$PATH RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY . .
COPY --from=dashboard /src/python/tapeline/api/dashboard python/tapeline/api/dashboard
# What the locks name, by hash, and nothing else.
RUN uv export --locked --no-dev --no-emit-project --output-file /requirements.txt --quiet \
    && uv venv /opt/tapeline \
    && uv pip install --python /opt/tapeline/bin/python --require-hashes --no-deps -r /requirements.txt \
    && uv build --wheel --out-dir /wheels --quiet \
    && uv pip install --python /opt/tapeline/bin/python --no-deps /wheels/*.whl

FROM python:3.12.12-slim-bookworm
RUN groupadd --gid 10001 tapeline \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/tapeline tapeline \
    && install -d -o tapeline -g tapeline -m 700 /var/lib/tapeline /var/log/tapeline
COPY --from=wheel /opt/tapeline /opt/tapeline
COPY --chmod=755 deploy/images/entrypoint.sh /usr/local/bin/tapeline-entrypoint
ENV PATH=/opt/tapeline/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/tapeline
VOLUME ["/var/lib/tapeline"]
ENTRYPOINT ["tapeline-entrypoint", "tapeline"]
CMD ["--help"]
