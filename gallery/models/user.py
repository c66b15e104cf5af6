"""People and what they may do."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The groups that a migration makes. A person may be in several."""

    UPLOADER = "uploader", _("uploader")
    MODERATOR = "moderator", _("moderator")
    SENIOR = "senior", _("senior moderator")
    ADMIN = "admin", _("admin")
    AUDITOR = "auditor", _("auditor")


class User(AbstractUser):
    """A person with an account, and how they like their desk."""

    class Appearance(models.TextChoices):
        AUTO = "auto", _("as the device")
        LIGHT = "light", _("light")
        DARK = "dark", _("dark")

    class Concealment(models.TextChoices):
        SITE = "site", _("as this site does it")
        NONE = "none", _("show pictures")
        GREY = "grey", _("grey until revealed")
        BLUR = "blur", _("blurred until revealed")

    class Pause(models.IntegerChoices):
        """Minutes of work on the desk until somebody is reminded of a break."""

        NEVER = 0, _("never")
        HALF_HOUR = 30, _("after 30 minutes")
        HOUR = 60, _("after 60 minutes")
        HOUR_AND_HALF = 90, _("after 90 minutes")

    appearance = models.CharField(max_length=8, choices=Appearance, default=Appearance.AUTO)
    concealment = models.CharField(max_length=8, choices=Concealment, default=Concealment.SITE)
    hide_thumbnails = models.BooleanField(_("lists without pictures"), default=False)
    single_keys = models.BooleanField(
        _("single-key shortcuts"), default=True, help_text=_("Decide with one key on the desk.")
    )
    swipe_to_decide = models.BooleanField(_("swipe to decide"), default=True)
    break_minutes = models.PositiveSmallIntegerField(
        _("remind me of a break"), choices=Pause, default=Pause.NEVER, help_text=_("Minutes of work without one.")
    )
    keymap = models.JSONField(default=dict, blank=True, help_text=_("Own keys, by the name of the action."))

    def conceals(self, *, site: str) -> str:
        """How pictures are shown to this person: as they chose, else as the ``site`` does."""
        return site if self.concealment == self.Concealment.SITE else self.concealment

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def may_review(self) -> bool:
        """May open the desk and decide."""
        return self.has_perm("gallery.review_case")

    @property
    def may_override(self) -> bool:
        """May undo what others did, steal a lease and decide what was escalated."""
        return self.has_perm("gallery.override_decision")

    @property
    def may_inspect(self) -> bool:
        """May see every image, decision and audit entry, without changing any."""
        return self.has_perm("gallery.inspect")

    @property
    def may_see_all_images(self) -> bool:
        return self.may_review or self.may_inspect
