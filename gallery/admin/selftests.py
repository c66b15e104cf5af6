"""Self-tests: how well the site finds copies of its own images, night by night."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading
from gallery.models import SelfTest


@admin.register(SelfTest)
class SelfTestAdmin(Reading):
    list_display = ["at", "images", "copies", "flagged", "certain", "policy", "model_key"]
    list_filter = ["model_key", "policy", "at"]
    list_select_related = ["policy"]
    fields = ["at", "seconds", "images", "policy", "model_key", "by_edit"]
    readonly_fields = ["by_edit"]

    @admin.display(description=_("copies"))
    def copies(self, test: SelfTest) -> int:
        return test.total["copies"]

    @admin.display(description=_("flagged"))
    def flagged(self, test: SelfTest) -> str:
        return _share(test.total["flagged"], test.total["copies"])

    @admin.display(description=_("certain"))
    def certain(self, test: SelfTest) -> str:
        return _share(test.total["certain"], test.total["copies"])

    @admin.display(description=_("by edit"))
    def by_edit(self, test: SelfTest) -> SafeString:
        heads: tuple[Any, ...] = (_("edit"), _("copies"), _("met by the search"), _("flagged"), _("certain"))
        rows = [
            (
                name.replace("_", " "),
                str(row["copies"]),
                *(_share(row[part], row["copies"]) for part in ("met", "flagged", "certain")),
            )
            for name, row in test.tallies.items()
        ]
        cells = "<td>{}</td>" * len(heads)
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
            format_html_join("", f"<tr>{cells}</tr>", rows),
        )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"
