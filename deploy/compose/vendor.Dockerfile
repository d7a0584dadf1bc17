# The example vendor (deploy/local/vendor.py), and what creates the simulated sites.
FROM docker.io/library/python:3.13-slim
RUN pip install --no-cache-dir confluent-kafka==2.16.1 \
    && mkdir /data && chown 65532:65532 /data
WORKDIR /srv
COPY deploy/local/vendor.py deploy/compose/sites.py ./
ENV PYTHONUNBUFFERED=1
USER 65532:65532
CMD ["python", "vendor.py", "--help"]
