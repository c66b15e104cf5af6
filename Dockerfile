# syntax=docker/dockerfile:1

# Builds the virtual environment; compilers and pip's leavings stay here.
FROM python:3.12-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /srv/venv
ENV PATH=/srv/venv/bin:$PATH
WORKDIR /srv/dedup
COPY requirements.txt ./
# Another build of PyTorch, for example one without CUDA: --build-arg TORCH_INDEX_URL=…
ARG TORCH_INDEX_URL=""
RUN if [ -n "$TORCH_INDEX_URL" ]; then \
        pip install --no-deps --index-url "$TORCH_INDEX_URL" $(grep -E '^torch(vision)?==' requirements.txt); \
    fi \
    && pip install -r requirements.txt

FROM python:3.12-slim-bookworm
# A user without a shell, a home or rights: it owns only what it has to write.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /srv/var --shell /usr/sbin/nologin dedup \
    && install -d -o dedup -g dedup /srv/var /srv/models
COPY --from=build /srv/venv /srv/venv
# The networks' weights are not in this image: their licence does not allow passing them on. The service "models" of
# docker-compose.yml installs them when the site starts, into the volume that is mounted at /srv/models.
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/srv/models VAR_DIR=/srv/var
WORKDIR /srv/dedup
COPY manage.py requirements-models.txt ./
COPY dedup_site dedup_site
COPY gallery gallery
COPY templates templates
COPY static static
USER dedup
# The key is for this one command: settings want one, static files need none.
RUN SECRET_KEY=only-while-building python manage.py collectstatic --no-input --verbosity 0
EXPOSE 8000
CMD ["gunicorn", "dedup_site.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "4", "--timeout", "60", "--graceful-timeout", "20", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
