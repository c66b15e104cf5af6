"""
The keys of the desk: one map, that the buttons, the ``?`` sheet and the browser's listener all read.

Each key presses a control that is on the page anyway; nothing can be done by key alone.
"""

from dataclasses import dataclass, replace

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from gallery.models import User
from gallery.review.actions import ACTIONS
from gallery.views.access import SignedIn, moderating

Words = str | Promise

ANSWERS = gettext_lazy("Answers")
LOOKING = gettext_lazy("Looking")
GOING_ON = gettext_lazy("Going on")

SIGNS = {"ArrowLeft": "←", "ArrowRight": "→", " ": pgettext_lazy("key", "Space")}


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the control that it presses. ``key`` is a browser's ``KeyboardEvent.key``, letters in lower case."""

    name: str
    key: str
    label: Words
    group: Words

    @property
    def shown(self) -> str:
        """As it is written on the key."""
        return str(SIGNS.get(self.key, self.key.upper()))

    @property
    def remappable(self) -> bool:
        """Whether it is a character; arrows and the like stay what they are."""
        return len(self.key) == 1 and self.key != " "


CONTROLS = (
    Key("keeper-previous", "ArrowLeft", gettext_lazy("Keep the one before"), ANSWERS),
    Key("keeper-next", "ArrowRight", gettext_lazy("Keep the next one"), ANSWERS),
    Key("file", "f", gettext_lazy("Keep the other file"), ANSWERS),
    Key("changes", "v", gettext_lazy("See every change of the merge"), ANSWERS),
    Key("side", "1", gettext_lazy("Side by side"), LOOKING),
    Key("blink", "2", gettext_lazy("Blink between the two"), LOOKING),
    Key("swipe", "3", gettext_lazy("Swipe one over the other"), LOOKING),
    Key("onion", "4", gettext_lazy("One seen through the other"), LOOKING),
    Key("difference", "5", gettext_lazy("Difference"), LOOKING),
    Key("flip", " ", gettext_lazy("Blink: show the other one"), LOOKING),
    Key("aligned", "l", gettext_lazy("B laid onto A, or as it is"), LOOKING),
    Key("region-next", "n", gettext_lazy("Next changed region"), LOOKING),
    Key("region-previous", "p", gettext_lazy("Previous changed region"), LOOKING),
    Key("zoom-in", "+", gettext_lazy("Larger"), LOOKING),
    Key("zoom-out", "-", gettext_lazy("Smaller"), LOOKING),
    Key("zoom-fit", "0", gettext_lazy("The whole picture"), LOOKING),
    Key("veil", "b", gettext_lazy("Blur or reveal"), LOOKING),
    Key("skip", "s", gettext_lazy("Skip this case"), GOING_ON),
    Key("escalate", "e", gettext_lazy("Escalate to a senior moderator"), GOING_ON),
    Key("comment", "c", gettext_lazy("Comment"), GOING_ON),
    Key("undo", "z", gettext_lazy("Undo your last decision"), GOING_ON),
    Key("case-previous", "[", gettext_lazy("The case before"), GOING_ON),
    Key("case-next", "]", gettext_lazy("The next case, without deciding"), GOING_ON),
    Key("keys", "?", gettext_lazy("These keys"), GOING_ON),
)


def usual() -> list[Key]:
    """The keys as they are delivered: the answers' own, then those of the desk's other controls."""
    answers = [Key(name, action.key.lower(), action.label, ANSWERS) for name, action in ACTIONS.items()]
    return answers + [key for key in CONTROLS if key.name not in ACTIONS]


def key_map(user: User) -> list[Key]:
    """The keys as ``user`` likes them. Where an own key meets a usual one, the usual one gives way."""
    own = {name: key for name, key in user.keymap.items() if isinstance(key, str) and len(key) == 1}
    taken = set(own.values())
    found = []
    for key in usual():
        if key.name in own:
            found.append(replace(key, key=own[key.name]))
        elif key.key not in taken:
            found.append(key)
    return found


def key_of(user: User, name: str) -> Key | None:
    """The key that presses a control, if ``user`` has not switched keys off or given it to another."""
    return next((key for key in key_map(user) if key.name == name), None) if user.single_keys else None


def by_name(keys: list[Key]) -> dict[str, str]:
    """What is written on each key, by the control's name with its dashes as low lines, for templates."""
    return {key.name.replace("-", "_"): key.shown for key in keys}


class KeysForm(forms.Form):
    """One character for each control; no character twice."""

    def __init__(self, data: dict[str, str] | None = None, *, user: User) -> None:
        super().__init__(data)
        own = {key.name: key.key for key in key_map(user)}
        self.usual = {key.name: key for key in usual() if key.remappable}
        for name, key in self.usual.items():
            box = forms.TextInput(attrs={"size": 1, "autocomplete": "off", "autocapitalize": "none"})
            self.fields[name] = forms.CharField(
                label=str(key.label), max_length=1, required=False, initial=own.get(name, ""), widget=box
            )

    def clean(self) -> dict[str, str]:
        holders: dict[str, str] = {}
        chosen: dict[str, str] = {}
        for name, key in self.usual.items():
            character = self.cleaned_data.get(name, "").lower() or key.key
            if character in holders:
                self.add_error(
                    name,
                    _("“%(key)s” is also the key of “%(other)s”. Give one of them another.")
                    % {"key": character.upper(), "other": self.usual[holders[character]].label},
                )
            holders.setdefault(character, name)
            if character != key.key:
                chosen[name] = character
        return chosen


@moderating
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: SignedIn) -> HttpResponse:
    """The sheet as a page, with a box to change each key. Reached without JavaScript too."""
    user = request.user
    form = KeysForm(request.POST.dict() if request.method == "POST" else None, user=user)
    if request.method == "POST" and "usual" in request.POST:
        user.keymap = {}
    elif form.is_valid():
        user.keymap = form.cleaned_data
    else:
        return render(
            request, "gallery/keys.html", {"form": form, "keys": key_map(user)}, status=422 if form.is_bound else 200
        )
    user.save(update_fields=["keymap"])
    messages.success(request, _("Your keys are kept."))
    return redirect("keys")
