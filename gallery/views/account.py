"""Logging in, where one starts, and how one likes things."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from gallery.conf import conf
from gallery.models import User
from gallery.views.access import SignedIn, signed_in
from gallery.views.appearance import keep
from gallery.views.places import home_of

if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
else:
    UserForm = forms.ModelForm  # Django's is generic for type checkers only


class LoginForm(AuthenticationForm):
    """Django's, in our words."""

    error_messages = {
        "invalid_login": _("No account has this name and password. Capital and small letters differ in both."),
        "inactive": _("This account is closed. An admin of this site can open it again."),
    }


class Login(LoginView):
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # Django calls the site by its host name here; the header has its real name.
        return {**super().get_context_data(**kwargs), "site_name": conf().site_name}


OF_THE_DESK = ("single_keys", "swipe_to_decide", "break_minutes")
"""Preferences of those who review."""


class PreferencesForm(UserForm):
    class Meta:
        model = User
        fields = ["appearance", "concealment", "hide_thumbnails", "single_keys", "swipe_to_decide", "break_minutes"]
        widgets = {"appearance": forms.RadioSelect, "concealment": forms.RadioSelect}
        labels = {
            "appearance": _("Appearance"),
            "concealment": _("Pictures in lists and on the desk"),
            "break_minutes": _("Remind me of a break"),
        }
        help_texts = {
            "concealment": _("For long days with hard pictures. A concealed picture is shown when you ask for it."),
            "hide_thumbnails": _("Only words and names, in every list."),
            "single_keys": _("Decide with one key on the desk. Switch it off if you use speech input."),
            "swipe_to_decide": _(
                "On a phone: draw the bar above the answers to one side. The picture itself only moves."
            ),
            "break_minutes": _("After so long on the desk without a break of five minutes."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.may_review:
            for name in OF_THE_DESK:
                del self.fields[name]


@signed_in
@require_safe
def home(request: SignedIn) -> HttpResponse:
    """Reviewers start at the queue, others at the upload."""
    return redirect(home_of(request.user))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SignedIn) -> HttpResponse:
    form = PreferencesForm(request.POST or None, instance=request.user)
    if request.method != "POST":
        return render(request, "gallery/preferences.html", {"form": form})
    if not form.is_valid():
        return render(request, "gallery/preferences.html", {"form": form}, status=422)
    user = form.save()
    messages.success(request, gettext("Your preferences are saved."))
    response = redirect("preferences")
    keep(response, user.appearance)
    return response
