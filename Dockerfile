# The backend's image for development: its dependencies only, the code is mounted by docker-compose.dev.yml.
ARG PYTHON_IMAGE=python:3.13-slim
FROM ${PYTHON_IMAGE}

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/app/src
WORKDIR /app

# `wheels` may hold requirements.txt and its wheels, for a build without a network; it need not exist.
COPY pyproject.toml wheel[s] /tmp/build/
RUN cd /tmp/build \
    && if [ -e requirements.txt ]; then \
        python -m pip install --no-cache-dir --no-index --find-links . --requirement requirements.txt; \
    else \
        python -m pip install --no-cache-dir --upgrade "pip>=25.1" \
        && python -m pip install --no-cache-dir --group backend; \
    fi \
    && rm -rf /tmp/build \
    && useradd --create-home app
USER app

# The exec form: Python is process 1 and gets SIGTERM itself.
CMD ["python", "-m", "ddsurveys"]
