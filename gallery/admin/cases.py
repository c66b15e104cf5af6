"""What moderators work on. Decided on the desk, only looked at here."""

from django.contrib import admin
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gallery.admin.reading import Reading, ReadingInline, link, picture
from gallery.models import Case, CaseComment, CaseMember, Pair


class MemberInline(ReadingInline):
    model = CaseMember
    verbose_name_plural = _("images")
    fields = ["preview", "image", "live", "joined_at"]
    readonly_fields = ["preview"]
    shown_with = ("image__file",)

    @admin.display(description=_("picture"))
    def preview(self, member: CaseMember) -> SafeString | str:
        return picture(member.image)


class PairInline(ReadingInline):
    model = Pair
    fk_name = "case"
    fields = ["named", "tier", "score", "similarity", "state"]
    readonly_fields = ["named"]
    shown_with = ("left__file", "right__file")

    @admin.display(description=_("pair"))
    def named(self, pair: Pair) -> SafeString | str:
        return link(pair)


class CommentInline(ReadingInline):
    model = CaseComment
    fields = ["created_at", "author", "text"]
    shown_with = ("author",)


@admin.register(Case)
class CaseAdmin(Reading):
    list_display = ["id", "state", "tier_word", "score", "size", "lease_holder", "escalated_by", "created_at"]
    list_filter = ["state", "tier", ("escalated_by", admin.EmptyFieldListFilter), "opened_under", "created_at"]
    search_fields = ["=id", "members__image__public_id", "members__image__title"]
    search_help_text = _("By number, or an image's public id or title.")
    list_select_related = ["lease_holder", "escalated_by"]
    inlines = [MemberInline, PairInline, CommentInline]
    exclude = ["lease_until"]

    @admin.display(description=_("surest pair"), ordering="tier")
    def tier_word(self, case: Case) -> str:
        return str(Pair.Tier(case.tier).label)

    def view_on_site(self, case: Case) -> str:
        return reverse("case", args=[case.pk])
