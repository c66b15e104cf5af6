"""
The nouns: one module each, with the questions one can ask of it.

Fields, constraints, indexes and QuerySets. Nothing here opens a file, sends a task or decides.
"""

from gallery.models.appeal import Appeal
from gallery.models.audit import AuditChain, AuditEntry
from gallery.models.belonging import Album, Favourite, SourceLink, Tag
from gallery.models.bulk import BulkItem, BulkJob
from gallery.models.case import Case, CaseComment, CaseMember, CaseSkip
from gallery.models.decision import Decision
from gallery.models.fingerprint import Collection, Embedding, Fingerprint
from gallery.models.idempotency import IdempotencyKey
from gallery.models.image import Image, StoredFile
from gallery.models.merge import JournalEntry, Merge, MergeMember
from gallery.models.outbox import OutboxEntry
from gallery.models.pair import Pair
from gallery.models.policy import Policy
from gallery.models.reveal import Reveal
from gallery.models.saved_filter import SavedFilter
from gallery.models.selftest import SelfTest
from gallery.models.split import SplitPart
from gallery.models.token import ApiToken
from gallery.models.user import Role, User
from gallery.models.verdict import Verdict, VerdictContent

__all__ = [
    "Album",
    "ApiToken",
    "Appeal",
    "AuditChain",
    "AuditEntry",
    "BulkItem",
    "BulkJob",
    "Case",
    "CaseComment",
    "CaseMember",
    "CaseSkip",
    "Collection",
    "Decision",
    "Embedding",
    "Favourite",
    "Fingerprint",
    "IdempotencyKey",
    "Image",
    "JournalEntry",
    "Merge",
    "MergeMember",
    "OutboxEntry",
    "Pair",
    "Policy",
    "Reveal",
    "Role",
    "SavedFilter",
    "SelfTest",
    "SourceLink",
    "SplitPart",
    "StoredFile",
    "Tag",
    "User",
    "Verdict",
    "VerdictContent",
]
