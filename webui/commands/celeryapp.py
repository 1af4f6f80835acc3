"""What a Celery app says that is a setting of ours."""

from typing import Any


def settings_of(app: Any) -> dict[str, str]:
    """Return the broker and, where it is one that a URL names, the result backend of an app.

    Of several brokers to fall back on it is the first.
    """
    named = app.conf.broker_read_url or app.conf.broker_url
    urls = named.split(";") if isinstance(named, str) else list(named or ())
    found = {"broker_url": urls[0] if urls else app.connection_for_read().as_uri(include_password=True)}
    backend = app.conf.result_backend
    if isinstance(backend, str) and "://" in backend:
        found["result_backend"] = backend
    return found
