"""
What is counted while the web process works. Objects only: :mod:`gallery.health` serves them.

What lives in SQL (stages, queues, decisions) is not counted here; it is asked for when somebody looks.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

COUNTED = CollectorRegistry()
"""Ours alone: the default registry's process numbers mean nothing when several processes answer."""

REQUESTS = Counter(
    "dedup_http_requests",
    "Requests answered, by the name of the page and the status.",
    ["method", "view", "status"],
    registry=COUNTED,
)

REQUEST_SECONDS = Histogram(
    "dedup_http_request_seconds",
    "Seconds from the request's arrival to its response's head, by the name of the page.",
    ["view"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=COUNTED,
)
