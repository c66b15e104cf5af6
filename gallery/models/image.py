"""One upload: its owner, its words, its file, and how far its work has come."""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from gallery.models.asides import CountOf

if TYPE_CHECKING:
    from gallery.models.user import User

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""No 0/o, 1/l/i: public ids are read aloud and typed."""


def new_public_id() -> str:
    """Twelve characters, 59 bits: not guessable, never reused."""
    return "".join(secrets.choice(ALPHABET) for _position in range(12))


def original_key(stored: "StoredFile", filename: str) -> str:
    """Where an upload's bytes go: a key of ours, never the uploader's file name."""
    extension = filename.rsplit(".", 1)[-1]
    return f"originals/{stored.image.public_id[:2]}/{stored.image.public_id}.{extension}"


class ImageQuerySet(models.QuerySet["Image"]):
    def live(self) -> Self:
        """What counts as an image of the site: stored, not refused, not absorbed, not removed."""
        return self.filter(standing=Image.Standing.LIVE, stage__in=Image.Stage.stored_stages())

    def visible_to(self, user: "User") -> Self:
        """Own images, those one contributes to, and for reviewers all."""
        if user.may_see_all_images:
            return self
        return self.filter(Q(owner=user) | Q(contributors=user)).distinct()

    def known_to(self, user: "User") -> Self:
        """
        Those whose address answers ``user``: what is visible to them, and what was ever open to everybody.

        Some of these were merged or removed since: their address redirects or says so.
        """
        if user.may_see_all_images:
            return self
        return self.filter(self._theirs(user) | self._once_open())

    def shown_to(self, user: "User") -> Self:
        """Those whose picture ``user`` may see: what is visible to them, and the live ones open to everybody."""
        if user.may_see_all_images:
            return self
        return self.filter(self._theirs(user) | self._once_open() & Q(standing=Image.Standing.LIVE))

    @staticmethod
    def _theirs(user: "User") -> Q:
        return Q(owner=user) | Q(pk__in=user.contributions.values("pk"))

    @staticmethod
    def _once_open() -> Q:
        """Compared with all others, and not private."""
        return Q(stage=Image.Stage.COMPARED, visibility__in=[Image.Visibility.PUBLIC, Image.Visibility.UNLISTED])

    def uploaded_by(self, user: "User") -> Self:
        """The list “My uploads”: without what its owner removed."""
        return self.filter(owner=user).exclude(standing=Image.Standing.REMOVED)

    def being_worked_on(self) -> Self:
        return self.filter(standing=Image.Standing.LIVE, stage__in=Image.Stage.waiting_stages())

    def turned_down(self) -> Self:
        """Refused at the door or later, or set aside."""
        return self.filter(standing=Image.Standing.LIVE, stage__in=[Image.Stage.REJECTED, Image.Stage.QUARANTINED])

    def marked_by(self, user: "User") -> Self:
        """The favourites of ``user``."""
        return self.filter(favourites__user=user)

    def possible_copies(self) -> Self:
        from gallery.models.pair import Pair  # pairs know images, so images ask late

        waiting = Pair.objects.awaiting_review()
        return self.live().filter(Q(pk__in=waiting.values("left")) | Q(pk__in=waiting.values("right")))

    def matching(self, words: str) -> Self:
        """Whose title, file name, owner or public id holds ``words``."""
        from gallery.models.user import User  # users know nothing of images

        # Each table is searched by itself: joined, a large library takes twice as long.
        called = StoredFile.objects.filter(original_name__icontains=words)
        owners = User.objects.filter(username__icontains=words)
        return self.filter(
            Q(title__icontains=words)
            | Q(file__in=called.values("pk"))
            | Q(owner__in=owners.values("pk"))
            | Q(public_id=words.lower())
        )

    def older_than(self, public_id: str) -> Self:
        """The next page of a list that is newest first; all of it if there is no such image."""
        cursor = Image.objects.filter(public_id=public_id).values_list("pk", flat=True).first()
        return self if cursor is None else self.filter(pk__lt=cursor)

    def with_open_pairs(self) -> Self:
        """Adds ``has_open_pair``: whether somebody is to decide about it."""
        from gallery.models.pair import Pair  # pairs know images, so images ask late

        found = Pair.objects.filter(Q(left=models.OuterRef("pk")) | Q(right=models.OuterRef("pk")))
        return self.annotate(has_open_pair=models.Exists(found.filter(state=Pair.State.OPEN)))

    def with_reveals(self, user: "User", *, day: dt.date) -> Self:
        """Adds ``is_revealed``: whether ``user`` has asked to see it on ``day``."""
        from gallery.models.reveal import Reveal  # reveals know images, so images ask late

        asked = Reveal.objects.filter(image=models.OuterRef("pk"), user=user, day=day)
        return self.annotate(is_revealed=models.Exists(asked))

    def with_marks(self, user: "User") -> Self:
        """Adds ``favourite_count`` and ``is_favourite``: how many people marked it, and whether ``user`` did."""
        from gallery.models.belonging import Favourite  # as above

        marks = Favourite.objects.filter(image=models.OuterRef("pk"))
        return self.annotate(favourite_count=CountOf(marks), is_favourite=models.Exists(marks.filter(user=user)))

    def newest_first(self) -> Self:
        return self.order_by("-id")

    def for_pages(self) -> Self:
        """With what every list shows of an image."""
        return self.select_related("file", "owner", "merged_into", "merged_into__file")


class Image(models.Model):
    """One upload. Its public id never changes, whatever happens to it."""

    class Stage(models.TextChoices):
        """How far ingest has come. Only :mod:`gallery.ingest` and :mod:`gallery.detection` move it."""

        RECEIVING = "receiving", _("being received")
        STORED = "stored", _("received")
        DECODED = "decoded", _("opened")
        EMBEDDED = "embedded", _("read")
        INDEXED = "indexed", _("indexed")
        SEARCHED = "searched", _("being compared")
        COMPARED = "compared", _("compared")
        REJECTED = "rejected", _("refused")
        QUARANTINED = "quarantined", _("set aside")

        @classmethod
        def waiting_stages(cls) -> list[str]:
            """Accepted and not finished."""
            return [cls.STORED, cls.DECODED, cls.EMBEDDED, cls.INDEXED, cls.SEARCHED]

        @classmethod
        def stored_stages(cls) -> list[str]:
            """The file is here and has not been refused."""
            return [*cls.waiting_stages(), cls.COMPARED]

    class Standing(models.TextChoices):
        """What people did with it."""

        LIVE = "live", _("live")
        MERGED = "merged", _("merged")
        REMOVED = "removed", _("removed")

    class Visibility(models.TextChoices):
        """From the widest to the strictest; a merge takes the strictest."""

        PUBLIC = "public", _("public")
        UNLISTED = "unlisted", _("unlisted")
        PRIVATE = "private", _("private")

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    owner = models.ForeignKey("gallery.User", on_delete=models.PROTECT, related_name="images")
    contributors = models.ManyToManyField("gallery.User", related_name="contributions", blank=True)
    file = models.OneToOneField(
        "gallery.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="shown_by"
    )

    upload_hash = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("sha256 of what was uploaded; one of a kind per owner.")
    )
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.RECEIVING)
    standing = models.CharField(max_length=8, choices=Standing, default=Standing.LIVE)
    held = models.BooleanField(_("legal hold"), default=False)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed")
    refusal_code = models.CharField(max_length=40, blank=True)
    refusal = models.CharField(max_length=400, blank=True, help_text=_("Why it was refused, and what to do."))
    note = models.CharField(max_length=400, blank=True, help_text=_("What the uploader should know."))

    title = models.CharField(max_length=200, blank=True)
    caption = models.TextField(max_length=4000, blank=True)
    alt_text = models.CharField(max_length=1000, blank=True)
    licence = models.CharField(max_length=80, blank=True)
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PUBLIC)
    sensitive = models.BooleanField(default=False)
    tags = models.ManyToManyField("gallery.Tag", related_name="images", blank=True)
    albums = models.ManyToManyField("gallery.Album", related_name="images", blank=True)

    first_seen = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1, help_text=_("Goes up with every change a person makes."))

    objects = ImageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(name="image_by_owner", fields=["owner", "-id"]),
            models.Index(name="image_by_stage", fields=["stage", "id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="image_uploaded_once_per_owner",
                fields=["owner", "upload_hash"],
                condition=~Q(upload_hash="") & ~Q(standing="removed"),
            ),
            models.CheckConstraint(name="image_not_merged_into_itself", condition=~Q(merged_into=F("id"))),
            models.CheckConstraint(
                name="image_merged_has_keeper",
                condition=Q(standing="merged", merged_into__isnull=False)
                | (~Q(standing="merged") & Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="image_refusal_has_a_reason",
                condition=~Q(stage__in=["rejected", "quarantined"]) | ~Q(refusal=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("image", args=[self.public_id])

    @property
    def name(self) -> str:
        """What to call it where a title is shown."""
        if self.title:
            return self.title
        return (self.file.original_name if self.file else "") or str(_("untitled"))

    @property
    def thumb_url(self) -> str:
        return self._rendition_url("thumb")

    @property
    def view_url(self) -> str:
        return self._rendition_url("view")

    def _rendition_url(self, name: str) -> str:
        """With the file in it: after a merge another file may be shown, and browsers keep the old picture."""
        return f"{reverse('rendition', args=[self.public_id, name])}?file={self.file_id}"

    @property
    def canonical(self) -> "Image":
        """The image that stands for this one now. Redirects are flat: one step."""
        return self.merged_into or self

    @property
    def is_waiting(self) -> bool:
        return self.stage in self.Stage.waiting_stages()

    @property
    def is_kept(self) -> bool:
        """Whether its file is here and was not refused."""
        return self.stage in self.Stage.stored_stages()

    @property
    def has_renditions(self) -> bool:
        """Whether it was opened once, so that small copies of it exist."""
        return self.stage in {*self.Stage.stored_stages()} - {self.Stage.STORED}


class StoredFileQuerySet(models.QuerySet["StoredFile"]):
    def write(self, files: Iterable["StoredFile"], fields: Sequence[str]) -> None:
        """
        Write ``fields`` of rows that are there, as an upsert: a tenth of the time of ``bulk_update``, which writes a
        CASE for every field. Rows are locked in the order of their ids: two who write the same do not wait crosswise.
        """
        self.bulk_create(
            sorted(files, key=lambda stored: stored.pk),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=fields,
        )


class StoredFile(models.Model):
    """
    The bytes of one upload and what is known of them without looking at the picture.

    It stays with the image it came as (``image``); after a merge another image may show it (``Image.file``).
    """

    TILE = 1024
    """Side of a tile, in pixels."""
    VIEWED = 1600
    """The long side of the largest small copy: what has no more pixels needs no tiles."""

    image = models.ForeignKey(Image, on_delete=models.PROTECT, related_name="files")
    blob = models.FileField(upload_to=original_key, max_length=200)
    original_name = models.CharField(
        max_length=200, blank=True, help_text=_("As the uploader called it. Display only.")
    )
    content_type = models.CharField(max_length=40)
    format = models.CharField(max_length=10)
    bytes = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    width = models.PositiveIntegerField(default=0, help_text=_("Upright, in pixels."))
    height = models.PositiveIntegerField(default=0, help_text=_("Upright, in pixels."))
    quality = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("JPEG quality, 1 to 100, estimated from its tables.")
    )
    frames = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    tiled_at = models.DateTimeField(
        null=True, blank=True, help_text="when tiles of all its pixels were made; None if there are none"
    )
    purge_after = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    objects = StoredFileQuerySet.as_manager()

    def __str__(self) -> str:
        return self.original_name or self.blob.name or ""

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def rendition_key(self, name: str, extension: str) -> str:
        """Where a small copy goes. Deterministic: writing it again is the same write."""
        return f"renditions/{self.image.public_id[:2]}/{self.image.public_id}/{self.pk}-{name}.{extension}"

    @property
    def tile_count(self) -> tuple[int, int] | None:
        """Columns and rows of its tiles; None where the largest small copy shows every pixel."""
        if max(self.width, self.height) <= self.VIEWED:
            return None
        return -(-self.width // self.TILE), -(-self.height // self.TILE)

    def tile_key(self, column: int, row: int) -> str:
        return self.rendition_key(f"tile-{column}-{row}", "jpg")

    def tile_keys(self) -> list[str]:
        columns, rows = self.tile_count or (0, 0)
        return [self.tile_key(column, row) for row in range(rows) for column in range(columns)]
