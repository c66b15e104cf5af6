"""What Prometheus is told of SQL, asked when it looks: nothing to keep in step, and the same from every process."""

from collections.abc import Iterable

from django.db import DatabaseError
from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gallery.models import Case, Collection, Decision, Image, OutboxEntry, Pair, Policy


class FromSql(Collector):
    """Collects the gauges. With the database down only ``dedup_database_up 0``."""

    def collect(self) -> Iterable[Metric]:
        try:
            families = [*_images(), *_outbox(), *_index(), *_review()]
            up = 1
        except DatabaseError:  # told as the gauge below
            families, up = [], 0
        yield GaugeMetricFamily("dedup_database_up", "1 if the database answers.", value=up)
        yield from families


def _images() -> Iterable[Metric]:
    family = GaugeMetricFamily(
        "dedup_images", "Images by how far their work has come and what people did.", labels=["stage", "standing"]
    )
    for stage, standing, number in Image.objects.values_list("stage", "standing").annotate(Count("pk")).order_by():
        family.add_metric([stage, standing], number)
    yield family


def _outbox() -> Iterable[Metric]:
    waiting = GaugeMetricFamily("dedup_outbox_waiting", "Pieces of work that wait or are under way.", labels=["topic"])
    oldest = GaugeMetricFamily("dedup_outbox_oldest_seconds", "Age of the oldest of them.", labels=["topic"])
    quarantined = GaugeMetricFamily("dedup_outbox_quarantined", "Pieces of work set aside.", labels=["topic"])
    lively = Q(quarantined_at=None)
    rows = (
        OutboxEntry.objects.values_list("topic")
        .annotate(
            number=Count("pk", filter=lively),
            since=Min("created_at", filter=lively),
            aside=Count("pk", filter=~lively),
        )
        .order_by()
    )
    now = timezone.now()
    for topic, number, since, aside in rows:
        waiting.add_metric([topic], number)
        oldest.add_metric([topic], (now - since).total_seconds() if since else 0.0)
        quarantined.add_metric([topic], aside)
    yield from (waiting, oldest, quarantined)


def _index() -> Iterable[Metric]:
    yield GaugeMetricFamily(
        "dedup_index_astray",
        "Collections that are not in the state that SQL knows: nothing is searched.",
        value=Collection.objects.astray().count(),
    )


def _review() -> Iterable[Metric]:
    yield GaugeMetricFamily("dedup_cases_open", "Cases to be decided.", value=Case.objects.open().count())
    yield GaugeMetricFamily("dedup_pairs_open", "Pairs to be decided.", value=Pair.objects.awaiting_review().count())
    yield GaugeMetricFamily(
        "dedup_policy_version", "Version of the policy in force.", value=Policy.objects.in_force().version
    )
    decisions = CounterMetricFamily("dedup_decisions", "Decisions taken, by what was decided.", labels=["action"])
    for action, number in Decision.objects.values_list("action").annotate(Count("pk")).order_by():
        decisions.add_metric([action], number)
    yield decisions
