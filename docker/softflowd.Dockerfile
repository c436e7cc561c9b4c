# softflowd (https://github.com/irino/softflowd) from Debian: a flow exporter for the lab in compose.yaml.

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends softflowd \
    && rm -rf /var/lib/apt/lists/*
HEALTHCHECK --interval=30s --timeout=5s CMD ["softflowctl", "statistics"]
ENTRYPOINT ["softflowd", "-d"]
CMD ["-h"]
