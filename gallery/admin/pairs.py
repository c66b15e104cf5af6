"""Images that look alike, with what was measured. States follow from verdicts; nothing here edits them."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, link, picture
from gallery.models import Pair


@admin.register(Pair)
class PairAdmin(Reading):
    list_display = [
        "id",
        "pictures",
        "tier",
        "state",
        "score2",
        "similarity2",
        "pdq_distance",
        "cells",
        "ncc2",
        "policy",
    ]
    list_filter = ["state", "tier", "document_like", "same_bytes", "policy", "found_at"]
    search_fields = ["=id", "left__public_id", "right__public_id", "left__title", "right__title"]
    search_help_text = _("By number, or an image's public id or title.")
    list_select_related = ["left", "left__file", "right", "right__file", "policy"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "pictures", "older", "newer", "state", "tier", "score", "the_case", "the_verdict", "policy",
                ]
            },
        ),
        (
            _("What was measured"),
            {
                "fields": [
                    "same_bytes", "same_pixels", "similarity", "model_key", "pdq_distance", "pdq_usable",
                    "document_like", "one_thing", "cells", "matches", "ncc", "textured_share", "changed_share",
                    "standing_out", "evidence",
                ]
            },
        ),
        (_("When"), {"fields": ["found_at", "compared_at", "closed_at"]}),
    ]  # fmt: skip
    readonly_fields = ["pictures", "older", "newer", "the_case", "the_verdict", "found_at"]

    @admin.display(description=_("pictures"))
    def pictures(self, pair: Pair) -> SafeString:
        return format_html('<span class="thumbs">{}{}</span>', picture(pair.left), picture(pair.right))

    @admin.display(description=_("older image"))
    def older(self, pair: Pair) -> SafeString | str:
        return link(pair.left)

    @admin.display(description=_("newer image"))
    def newer(self, pair: Pair) -> SafeString | str:
        return link(pair.right)

    @admin.display(description=_("case"))
    def the_case(self, pair: Pair) -> SafeString | str:
        return link(pair.case)

    @admin.display(description=_("verdict"))
    def the_verdict(self, pair: Pair) -> SafeString | str:
        return link(pair.verdict)

    @admin.display(description=_("score"), ordering="score")
    def score2(self, pair: Pair) -> str:
        return f"{pair.score:.2f}"

    @admin.display(description=_("similarity"), ordering="similarity", empty_value="–")
    def similarity2(self, pair: Pair) -> str | None:
        return None if pair.similarity is None else f"{pair.similarity:.2f}"

    @admin.display(description=_("correlation"), ordering="ncc", empty_value="–")
    def ncc2(self, pair: Pair) -> str | None:
        return None if pair.ncc is None else f"{pair.ncc:.2f}"
