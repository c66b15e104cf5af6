"""The form of a draft: every threshold with its range, its help and the value in force."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery.detection.policies import RULES
from gallery.embedders import EMBEDDERS
from gallery.models import Policy
from gallery.models.policy import KEEPER_WEIGHTS, MERGE_RULES

RANGES: dict[str, tuple[float, float, float]] = {
    "similarity_review": (0.30, 1, 0.01),
    "similarity_weak": (0.05, 1, 0.01),
    "similarity_floor": (0.05, 1, 0.01),
    "pdq_certain": (0, 128, 1),
    "pdq_review": (0, 128, 1),
    "pdq_min_quality": (0, 100, 1),
    "strict_cells": (4, 60, 1),
    "strict_ncc": (0, 1, 0.01),
    "strict_textured": (0, 1, 0.01),
    "certain_changed_share": (0, 0.05, 0.001),
    "certain_lettered_share": (0, 0.5, 0.01),
    "reworded_share": (0, 0.05, 0.001),
    "loose_cells": (4, 60, 1),
    "loose_ncc": (0, 1, 0.01),
    "document_share": (0, 1, 0.01),
    "document_pdq": (0, 128, 1),
    "neighbours": (1, 200, 1),
    "case_cap": (2, 200, 1),
    "seconds_per_case": (1, 120, 1),
}
"""Where each slider begins and ends, and its step. The number beside it may go further, as far as the rule allows."""

WEIGHT_RANGE = (0, 5, 0.1)

WEIGHT_LABELS: dict[str, Promise] = {
    "pixels": _("More pixels"),
    "whole": _("The whole picture, not a part"),
    "compression": _("Less compression"),
    "format": _("Lossless format"),
    "metadata": _("Title, caption, tags"),
    "references": _("Albums, favourites, links"),
    "age": _("First seen"),
    "owner": _("Standing of the owner"),
}

RULE_WORDS: dict[str, Promise] = {
    "fill": _("the keeper’s; if empty, the best other"),
    "keep": _("always the keeper’s"),
    "append": _("the keeper’s, then different texts of the others"),
    "union": _("all of them together"),
    "strictest": _("the strictest"),
}

RULE_LABELS: dict[str, Promise] = {
    "title": _("Title"),
    "caption": _("Caption"),
    "alt_text": _("Alternative text"),
    "tags": _("Tags"),
    "albums": _("Albums"),
    "source_links": _("Source links"),
    "favourites": _("Favourites"),
    "visibility": _("Visibility"),
    "sensitive": _("Sensitive"),
}

COMPOSED = {"weight_": "keeper_weights", "rule_": "merge_rules"}
"""Controls that are written together into one field of the policy, by the beginning of their names."""

GROUPS: list[tuple[Promise, Promise, list[str]]] = [
    (
        _("Similarity"),
        _("What the network says of two whole pictures, 0 to 1. Finds most; explains nothing."),
        ["similarity_weak", "similarity_floor", "show_weak"],
    ),
    (
        _("Perceptual hash"),
        _("Differing bits of 256 between two PDQ hashes. Lower is more alike."),
        ["pdq_certain", "pdq_review", "pdq_min_quality"],
    ),
    (
        _("Geometry"),
        _("Whether one picture can be laid over the other, place by place."),
        [
            "strict_cells",
            "strict_ncc",
            "strict_textured",
            "certain_changed_share",
            "certain_lettered_share",
            "loose_cells",
            "loose_ncc",
            "flag_reworded",
            "reworded_share",
        ],
    ),
    (
        _("Documents"),
        _("Pages, charts and screens look alike without being copies."),
        ["document_share", "document_pdq"],
    ),
    (
        _("Work"),
        _("How much is compared, and how it reaches people."),
        ["neighbours", "use_background", "deep_search", "case_cap", "seconds_per_case", "embedder"],
    ),
]

HERO = "similarity_review"
"""The threshold with the histogram."""

LATER = {
    "pdq_min_quality", "document_share", "similarity_floor", "neighbours", "use_background", "deep_search", "case_cap",
    "embedder",
}  # fmt: skip
"""What is measured when a picture arrives: pairs that are stored already keep what was measured then."""


@dataclass(frozen=True)
class Control:
    """One threshold as the page draws it."""

    field: forms.BoundField
    slider: dict[str, float] | None
    now: str
    later: bool


if TYPE_CHECKING:
    PolicyForm = forms.ModelForm[Policy]
else:
    PolicyForm = forms.ModelForm


class TuningForm(PolicyForm):
    """A draft's rules. ``current`` is the version in force."""

    class Meta:
        model = Policy
        fields = [*(name for name in RULES if name not in COMPOSED.values()), "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, current: Policy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current
        self.fields["embedder"] = forms.ChoiceField(
            label=_("network"),
            choices=[(name, name) for name in EMBEDDERS],
            help_text=self.fields["embedder"].help_text,
        )
        for name, (low, _high, step) in RANGES.items():
            self.fields[name].widget.attrs.update({"step": step, "inputmode": "decimal"})
            self.fields[name].widget.attrs.setdefault("min", low)
            if isinstance(self.fields[name], forms.FloatField):
                self.initial[name] = _shown(getattr(self.instance, name))
        for name in KEEPER_WEIGHTS:
            self.fields[f"weight_{name}"] = forms.FloatField(
                label=str(WEIGHT_LABELS[name]),
                min_value=0,
                max_value=100,
                initial=self.instance.keeper_weights.get(name, 0),
                widget=forms.NumberInput(attrs={"step": WEIGHT_RANGE[2], "inputmode": "decimal"}),
            )
        for name, rules in MERGE_RULES.items():
            self.fields[f"rule_{name}"] = forms.ChoiceField(
                label=str(RULE_LABELS[name]),
                choices=[(rule, RULE_WORDS[rule]) for rule in rules],
                initial=self.instance.merge_rules.get(name, rules[0]),
            )

    def _post_clean(self) -> None:
        # Before the instance is built and checked as a whole.
        for prefix, field in COMPOSED.items():
            names = [name for name in self.fields if name.startswith(prefix)]
            if all(name in self.cleaned_data for name in names):
                values = {name.removeprefix(prefix): self.cleaned_data[name] for name in names}
                setattr(self.instance, field, values)
        super()._post_clean()  # type: ignore[misc]  # Django's own step between cleaning and errors, not in its stubs

    def hero(self) -> Control:
        return self._control(HERO)

    def groups(self) -> Iterator[tuple[Promise, Promise, list[Control]]]:
        for title, words, names in GROUPS:
            yield title, words, [self._control(name) for name in names]

    def weights(self) -> list[Control]:
        return [self._control(f"weight_{name}") for name in KEEPER_WEIGHTS]

    def merges(self) -> list[Control]:
        return [self._control(f"rule_{name}") for name in MERGE_RULES]

    def _control(self, name: str) -> Control:
        limits = RANGES.get(name) or (WEIGHT_RANGE if name.startswith("weight_") else None)
        slider = dict(zip(("min", "max", "step"), limits, strict=True)) if limits else None
        return Control(self[name], slider, _shown(self._value_now(name)), name in LATER)

    def _value_now(self, name: str) -> Any:
        for prefix, field in COMPOSED.items():
            if name.startswith(prefix):
                value = getattr(self.current, field).get(name.removeprefix(prefix), "–")
                return RULE_WORDS.get(value, value)
        return getattr(self.current, name)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(_("on")) if value else str(_("off"))
    # Two decimals, unless more were typed: what is shown is what is sent back.
    return f"{value:.2f}" if isinstance(value, float) and round(value, 2) == value else str(value)
