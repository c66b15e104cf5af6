"""The words and rules of an image, as its owner edits them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from gallery.errors import DetailsError, ImageChanged
from gallery.models import Image, User
from gallery.review import details

if TYPE_CHECKING:
    ImageForm = forms.ModelForm[Image]
else:
    ImageForm = forms.ModelForm  # Django's is generic for type checkers only


class DetailsForm(ImageForm):
    """Saved only if nobody changed the image since the form was opened (``version``)."""

    tags = forms.CharField(
        label=_("Tags"), required=False, max_length=4000, help_text=_("Separated by commas: autumn, path, forest.")
    )
    albums = forms.MultipleChoiceField(
        label=_("Albums"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Lists of your own. Nobody else sees them."),
        error_messages={"invalid_choice": _("One of these albums was renamed or deleted meanwhile. Choose again.")},
    )
    new_album = forms.CharField(label=_("New album"), required=False, max_length=120)
    sources = forms.CharField(
        label=_("Sources"),
        required=False,
        max_length=12_000,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocapitalize": "off"}),
        help_text=_("Pages that it comes from or is used on, one a line, with https:// or http://."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = Image
        fields = details.COLUMNS
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

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        names = [str(name) for name in owner.albums.values_list("name", flat=True)]
        albums = self.fields["albums"]
        if isinstance(albums, forms.MultipleChoiceField):
            albums.choices = [(name, name) for name in names]
        if not names:
            self.fields["new_album"].help_text = albums.help_text
        if not self.is_bound:
            self.initial["tags"] = ", ".join(tag.name for tag in self.instance.tags.all())
            self.initial["albums"] = list(self.instance.albums.filter(owner=owner).values_list("name", flat=True))
            self.initial["sources"] = "\n".join(link.url for link in self.instance.source_links.order_by("pk"))
            self.initial["version"] = self.instance.version

    def clean_tags(self) -> list[str]:
        return _kept(details.tags_of, self.cleaned_data["tags"].split(","), had=self.instance.tags.count())

    def clean_sources(self) -> list[str]:
        had = self.instance.source_links.count()
        return _kept(details.sources_of, self.cleaned_data["sources"].splitlines(), had=had)

    def keep(self) -> bool:
        """Save it, unless somebody else was faster or it does not fit: then nothing is changed and the answer False."""
        new = self.cleaned_data["new_album"]
        changes = details.Changes(
            columns={name: self.cleaned_data[name] for name in details.COLUMNS},
            tags=self.cleaned_data["tags"],
            albums=[*self.cleaned_data["albums"], *([new] if new else [])],
            sources=self.cleaned_data["sources"],
        )
        try:
            details.edit(self.instance, self.owner, changes, seen_version=self.cleaned_data["version"])
        except ImageChanged:
            self.add_error(None, self._overtaken())
        except DetailsError as refusal:
            self.add_error("new_album", str(refusal))
        else:
            return True
        return False

    def _overtaken(self) -> str:
        return _now(
            "This image was changed meanwhile, so nothing was saved. Open the form again to see how it is now; "
            "what you typed is still here to copy."
        )


def _kept(read: Callable[..., list[str]], given: Iterable[str], *, had: int) -> list[str]:
    """What ``read`` makes of a field; its refusal stands beside the field."""
    try:
        return read(given, had=had)
    except DetailsError as refusal:
        raise ValidationError(str(refusal)) from refusal
