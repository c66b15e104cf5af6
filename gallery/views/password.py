"""Changing one's password. The admin's own page of it leads here."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.password_validation import password_validators_help_texts
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class PasswordForm(PasswordChangeForm):
    """Django's, in our words."""

    error_messages = {
        "password_incorrect": _("This is not the password that you have now. Type it again."),
        "password_mismatch": _("The two are not the same. Type the new password twice."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {
            "old_password": _("Your password now"),
            "new_password1": _("The new password"),
            "new_password2": _("The new password again"),
        }
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].help_text = ""
        # Django's is a list in markup, and this stands in a paragraph.
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())


class Password(PasswordChangeView):
    form_class = PasswordForm
    template_name = "gallery/password.html"
    success_url = reverse_lazy("preferences")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, gettext("Your password is changed. Your other devices are logged out."))
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
