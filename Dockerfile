# The image of one node. It opens gRPC, HTTP and metrics to the network, so it starts only when AUTH_MODE
# says who may call; the data lies in the volume /var/lib/disheap.
#
#   docker build -t disheap:dev .
#   docker run -e NODE_ID=n1 -e SINGLE_NODE=true -e AUTH_MODE=off -p 127.0.0.1:9090:9090 \
#     -v disheap-data:/var/lib/disheap disheap:dev
#
# NODE_ID is given, because the host name of a container changes whenever it is made anew, and a data
# directory belongs to one node. Three nodes: docker-compose.yml.

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
RUN npm ci --no-audit --no-fund --ignore-scripts \
  && node_modules/.bin/tsc -b node \
  && rm -rf node_modules \
  && npm ci --no-audit --no-fund --ignore-scripts --omit=dev --workspace=@disheap/node \
  # The native store comes with builds for every platform and with its sources; one build is used.
  && cd node_modules/classic-level \
  && find prebuilds -mindepth 1 -maxdepth 1 ! -name "linux-$(node -p process.arch)" -exec rm -r {} + \
  && rm -rf deps binding.cc \
  && cd /app \
  && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete \
  && find . -name '.tsbuildinfo' -not -path './node_modules/*' -delete \
  && rm -rf core/src io/src proto/src clients/typescript/src node/src package-lock.json \
  && mkdir -p /data

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    STORAGE_PATH=/var/lib/disheap/data \
    ENGINE_BIND_ADDRESS=0.0.0.0:9090 \
    ENGINE_HTTP_BIND_ADDRESS=0.0.0.0:8080 \
    METRICS_BIND_ADDRESS=0.0.0.0:9091
# As npm start does: large payloads get pages of their own, so that memory goes back when they do.
ENV MALLOC_MMAP_THRESHOLD_=65536 \
    MALLOC_TRIM_THRESHOLD_=131072 \
    MALLOC_MMAP_MAX_=32768
COPY --from=build /app /app
# A new volume takes the owner of the directory it covers.
COPY --from=build --chown=node:node /data /var/lib/disheap
RUN ln -s /app/node/bin/disheap.js /usr/local/bin/disheap
USER node
WORKDIR /var/lib/disheap
VOLUME /var/lib/disheap
EXPOSE 9090 8080 9091 8300
HEALTHCHECK --interval=3s --timeout=2s --start-period=5s --retries=20 CMD ["node", "/app/deploy/healthcheck.mjs"]
# And so that V8 does not collect for nothing.
ENTRYPOINT ["node", "--initial-old-space-size=64", "/app/node/dist/main.js"]
