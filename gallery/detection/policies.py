"""Versions of the policy: drafted, published, restored. A published version never changes."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from gallery import embedders, outbox
from gallery.embedders import EMBEDDERS
from gallery.errors import PolicyError
from gallery.models import AuditEntry, Policy, User

BOOKKEEPING = {"id", "version", "state", "note", "created_at", "created_by", "published_at", "published_by"}

RULES: list[str] = [found.name for found in Policy._meta.concrete_fields if found.name not in BOOKKEEPING]
"""The fields that say how the site behaves; the others say whose version it is."""


def rules_of(policy: Policy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in RULES}


def changes(before: Policy, after: Policy) -> dict[str, list[Any]]:
    """The rules that differ: name → value before and after."""
    old, new = rules_of(before), rules_of(after)
    return {name: [old[name], new[name]] for name in RULES if old[name] != new[name]}


def check(policy: Policy) -> None:
    """
    Refuse thresholds that make no sense.

    :raises PolicyError: with a sentence for each.
    """
    numbers = {name: value for name, value in rules_of(policy).items() if isinstance(value, int | float)}
    numbers |= {f"keeper_weights: {name}": value for name, value in policy.keeper_weights.items()}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise PolicyError(_("%(name)s is not a number. Type one.") % {"name": name})
    if any(weight < 0 for weight in policy.keeper_weights.values()):
        raise PolicyError(_("A keeper weight is below 0. Use 0 for a reason that does not count."))
    try:
        policy.full_clean(validate_unique=False)
    except ValidationError as error:
        raise PolicyError(_sentences(error)) from error
    if policy.embedder not in EMBEDDERS:
        raise PolicyError(
            _("There is no network called “%(name)s”. Choose one of the list.") % {"name": policy.embedder}
        )
    if policy.loose_ncc == 0.0 or policy.similarity_review <= policy.similarity_floor:
        raise PolicyError(_("With these thresholds every stored pair goes to review. Raise the least for review."))


def _sentences(error: ValidationError) -> str:
    return " ".join(
        f"{Policy._meta.get_field(name).verbose_name}: {' '.join(messages)}".capitalize()  # type: ignore[union-attr]
        for name, messages in error.message_dict.items()
        if name != "__all__"
    ) or " ".join(error.messages)


@transaction.atomic
def draft_from(policy: Policy, by: User, *, note: str = "") -> Policy:
    """A new draft with the rules of ``policy``, to be tuned and published."""
    draft = Policy(**rules_of(policy), version=_next_version(), note=note, created_by=by)
    draft.save()
    AuditEntry.objects.append(by, "policy.draft", f"policy v{draft.version}", source=policy.version)
    return draft


def _next_version() -> int:
    # The policy in force is locked by all who make a version, so two never take one number.
    Policy.objects.select_for_update().in_force()
    newest: int = Policy.objects.aggregate(newest=Max("version"))["newest"]
    return newest + 1


@transaction.atomic
def keep(draft: Policy) -> None:
    """
    Save the values that ``draft`` holds now, to go on later. They have no effect.

    :raises PolicyError: if a threshold makes no sense, or it is no draft any more.
    """
    check(draft)
    _lock_draft(draft)
    draft.save()


def _lock_draft(draft: Policy) -> None:
    if not Policy.objects.select_for_update().filter(pk=draft.pk, state=Policy.State.DRAFT).exists():
        raise PolicyError(_("This draft was published or discarded meanwhile. Start a new version."))


@transaction.atomic
def publish(draft: Policy, by: User, note: str, *, seen: int | None = None) -> Policy:
    """
    Put ``draft`` in force, with the values it holds now, and retire the version before it.

    :param note: why; kept with the version and in the audit chain.
    :param seen: the version in force that the draft was weighed against.
    :raises PolicyError: if a threshold makes no sense, no reason is given, it is no draft any more, or another
        version than ``seen`` is in force.
    """
    if not note.strip():
        raise PolicyError(_("Say why: the next person who looks at this version will want to know."))
    check(draft)
    current = Policy.objects.select_for_update().in_force()
    if draft.embedder != current.embedder and (problems := embedders.missing(draft.embedder)):
        raise PolicyError(" ".join(problems))
    if seen is not None and seen != current.version:
        raise PolicyError(
            _("%(policy)s came in force meanwhile. Look at the figures again, then publish.") % {"policy": current}
        )
    _lock_draft(draft)
    if draft.version < current.version:  # another draft was published first: versions go up with time
        draft.version = _next_version()
    Policy.objects.filter(pk=current.pk).update(state=Policy.State.RETIRED)
    draft.state, draft.note = Policy.State.IN_FORCE, note.strip()
    draft.published_at, draft.published_by = timezone.now(), by
    try:
        draft.save()
    except IntegrityError as error:  # the constraints are the last word
        raise PolicyError(_("These thresholds contradict each other. Nothing was published.")) from error
    AuditEntry.objects.append(
        by,
        "policy.publish",
        f"policy v{draft.version}",
        note=draft.note,
        replaces=current.version,
        changes=changes(current, draft),
    )
    outbox.send("project", key=f"policy-{draft.version}")
    return draft


@transaction.atomic
def restore(policy: Policy, by: User, note: str, *, seen: int | None = None) -> Policy:
    """Publish a new version with the rules of an earlier one. History is added to, never rewritten."""
    if policy.state == Policy.State.DRAFT:
        raise PolicyError(_("This version was never published. Publish it instead."))
    if policy.state == Policy.State.IN_FORCE:
        raise PolicyError(_("This version is in force already: there is nothing to restore."))
    return publish(draft_from(policy, by), by, note, seen=seen)


@transaction.atomic
def discard(draft: Policy, by: User) -> None:
    """
    Delete a draft.

    :raises PolicyError: if it was published meanwhile.
    """
    deleted, _rows = Policy.objects.filter(pk=draft.pk, state=Policy.State.DRAFT).delete()
    if not deleted:
        raise PolicyError(_("This draft was published or discarded meanwhile. Look at the list of versions."))
    AuditEntry.objects.append(by, "policy.discard", f"policy v{draft.version}")
