# Any base with Python 3.11 or newer as python3 will do, for example Debian's own.
ARG BASE=python:3.11-slim

FROM ${BASE} AS base

FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
RUN python3 -m venv /opt/mailbot
# Dependencies first: they stay in the cache as long as the lock does not change.
COPY requirements.lock ./
RUN /opt/mailbot/bin/pip install --quiet --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY mailbot mailbot
COPY rules rules
COPY templates templates
# The wheel is built and installed without the network; what built it does not go into the image.
RUN /opt/mailbot/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
    && /opt/mailbot/bin/pip install --quiet --no-deps --no-index /tmp/wheel/*.whl \
    && /opt/mailbot/bin/pip uninstall --quiet --yes editables hatchling trove-classifiers setuptools pip


FROM base
LABEL org.opencontainers.image.title="mailbot" \
      org.opencontainers.image.description="Looks after a support mailbox: takes in every mail, drafts the reply, keeps every promise." \
      org.opencontainers.image.licenses="MIT"
# A fixed number, so that the owner of a mounted state/ or secret can be set from outside.
RUN groupadd --gid 10001 mailbot \
    && useradd --uid 10001 --gid mailbot --no-create-home --home-dir /srv/mailbot --shell /usr/sbin/nologin mailbot \
    && install -d -o mailbot -g mailbot -m 0750 /srv/mailbot/state
COPY --from=build /opt/mailbot /opt/mailbot
ENV PATH=/opt/mailbot/bin:$PATH \
    HOME=/srv/mailbot \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MAILBOT_CONSOLE_LISTEN=0.0.0.0:8025
# mailbot.toml, rules/ and templates/ may be mounted here; without them: the environment, and the packaged defaults.
WORKDIR /srv/mailbot
USER 10001:10001
# All that is ever written lies here and in /tmp, so the root may be read-only.
VOLUME ["/srv/mailbot/state"]
EXPOSE 8025
STOPSIGNAL SIGTERM
# No proxy: the environment may name one, and it could not reach this loopback. A container that runs without the
# console (`mailbot run work post`) has nobody to ask: start it with --no-healthcheck.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 CMD ["python", "-c", "import os, urllib.request as web; port = os.environ['MAILBOT_CONSOLE_LISTEN'].rpartition(':')[2]; web.build_opener(web.ProxyHandler({})).open(f'http://127.0.0.1:{port}/livez', timeout=4)"]
ENTRYPOINT ["mailbot"]
CMD ["run"]
