"""The words and rules of an image, as its owner edits them."""

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gallery.models import Image, Tag

if TYPE_CHECKING:
    ImageForm = forms.ModelForm[Image]
else:
    ImageForm = forms.ModelForm  # Django's is generic for type checkers only

MOST_TAGS = 30
LONGEST_TAG = 60

FIELDS = ["title", "caption", "alt_text", "licence", "visibility", "sensitive"]


class DetailsForm(ImageForm):
    """Saved only if nobody changed the image since the form was opened (``version``)."""

    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=2000, help_text=_("Separated by commas: autumn, path, forest.")
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Image
        fields = FIELDS
        widgets = {
            "caption": forms.Textarea(attrs={"rows": 4}),
            "alt_text": forms.Textarea(attrs={"rows": 2}),
            "visibility": forms.RadioSelect,
        }
        labels = {
            "title": _("Title"),
            "caption": _("Caption"),
            "alt_text": _("Description for people who cannot see it"),
            "licence": _("Licence"),
            "visibility": _("Who may see it"),
            "sensitive": _("Not for every eye"),
        }
        help_texts = {
            "licence": _("For example CC BY 4.0, or “all rights reserved”."),
            "visibility": _("Unlisted images are shown to whoever has their address. Moderators see every image."),
            "sensitive": _("It is blurred until somebody asks to see it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial["tags"] = ", ".join(tag.name for tag in self.instance.tags.all())
            self.initial["version"] = self.instance.version

    def clean_tags(self) -> list[str]:
        """Each once, in lower case, as sent: at most :data:`MOST_TAGS` of :data:`LONGEST_TAG` characters."""
        sent = (re.sub(r"\s+", " ", part).strip().lower() for part in self.cleaned_data["tags"].split(","))
        names = list(dict.fromkeys(name for name in sent if name))
        if len(names) > MOST_TAGS:
            raise ValidationError(_("An image has up to %(most)s tags."), params={"most": MOST_TAGS})
        if any(len(name) > LONGEST_TAG for name in names):
            raise ValidationError(_("A tag has up to %(most)s characters."), params={"most": LONGEST_TAG})
        return names

    def keep(self) -> bool:
        """Save it, unless somebody else was faster: then nothing is changed and the answer is False."""
        values = {name: self.cleaned_data[name] for name in FIELDS}
        with transaction.atomic():
            # Compare and set: of two tabs that save at once, one wins and one is told.
            unchanged = Image.objects.filter(
                pk=self.instance.pk, version=self.cleaned_data["version"], standing=Image.Standing.LIVE
            )
            if unchanged.update(**values, version=F("version") + 1) != 1:
                self.add_error(None, self._overtaken())
                return False
            names = self.cleaned_data["tags"]
            Tag.objects.bulk_create([Tag(name=name) for name in names], ignore_conflicts=True)
            self.instance.tags.set(Tag.objects.filter(name__in=names))
        return True

    def _overtaken(self) -> str:
        return _now(
            "This image was changed meanwhile, so nothing was saved. Open the form again to see how it is now; "
            "what you typed is still here to copy."
        )
