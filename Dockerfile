# One image for every process; docker-compose.yml says which program each container runs.

# --- Browser code, by package-lock.json ------------------------------------------------------------------------------
FROM node:22-bookworm-slim AS browser
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --omit=dev

# --- Python packages, by hash ----------------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt .
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.txt

# --- The product -----------------------------------------------------------------------------------------------------
FROM python:3.11-slim-bookworm
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=cxos.settings \
    CXOS_DATA_DIR=/data
RUN groupadd --system --gid 10001 cxos \
 && useradd --system --uid 10001 --gid cxos --home-dir /data --shell /usr/sbin/nologin cxos \
 && install -d -o cxos -g cxos /data /data/media
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=browser /app/node_modules /tmp/node_modules
# Collecting needs settings but no secrets and no server: these values go no further than this line.
RUN ln -s /tmp/node_modules node_modules \
 && python -c "from cxos.ops.vendor import collect; collect()" \
 && CXOS_SECRET_KEY=build CXOS_FIELD_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= DATABASE_URL=postgres://build/build REDIS_URL=redis://build/0 \
    python manage.py collectstatic --noinput -v0 \
 && rm -rf node_modules /tmp/node_modules \
 && python -m compileall -q cxos channels_app routing automation cases crm intelligence \
 && chown -R cxos:cxos /data
USER cxos
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
CMD ["python", "-m", "cxos.ops.run", "web"]
