# One process, one data folder. The steps are those of .ci/image-steps, which the checks run too.
FROM python:3.11-slim AS build
WORKDIR /src
COPY . .
RUN sh .ci/image-steps /opt/fedirec

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --no-create-home fedirec \
 && install --directory --owner fedirec --group fedirec --mode 700 /data
COPY --from=build /opt/fedirec /opt/fedirec
ENV PATH=/opt/fedirec/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FEDIREC_DATA=/data \
    FEDIREC_LISTEN=0.0.0.0:8080
USER fedirec
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
CMD ["fedirec", "serve"]
