"""Django admin: for people who tune and look after the site. One module a noun."""

from gallery.admin import audit, cases, decisions, images, merges, outbox, pairs, policies, selftests, users, verdicts

__all__ = [
    "audit",
    "cases",
    "decisions",
    "images",
    "merges",
    "outbox",
    "pairs",
    "policies",
    "selftests",
    "users",
    "verdicts",
]
