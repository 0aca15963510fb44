# The gateway in a container: bundled JavaScript, no compiler, no root.
#   docker build -t portcullis .
#   docker run -p 25:25 -v /etc/portcullis:/etc/portcullis:ro -v portcullis:/var/lib/portcullis portcullis
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /opt/portcullis
COPY package.json README.md ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY config /etc/portcullis
RUN ln -s /opt/portcullis/dist/portcullis.js /usr/local/bin/portcullis \
    && chmod 755 dist/portcullis.js \
    && useradd --system --home-dir /var/lib/portcullis --create-home portcullis \
    && chown -R portcullis: /var/lib/portcullis
USER portcullis
VOLUME ["/var/lib/portcullis"]
EXPOSE 25 465 587
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["portcullis", "health"]
ENTRYPOINT ["portcullis"]
CMD ["serve", "-c", "/etc/portcullis"]
