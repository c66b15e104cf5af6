"""Requests that were refused before any page saw them."""

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from gallery.conf import conf
from gallery.errors import TooManyFiles


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """
    400, or 413 where there was too much of it.

    Django counts the files of a form while it reads them, before the upload page can.
    """
    if isinstance(exception, TooManyFilesSent):
        sentence = gettext("One form takes up to %(limit)s images. Send the others after them.")
        context = {
            "heading": gettext("Too many images at once"),
            "sentence": sentence % {"limit": conf().max_files},
        }
        return render(request, "gallery/problem.html", context, status=TooManyFiles.status)
    if isinstance(exception, RequestDataTooBig):
        context = {"heading": gettext("Too much text"), "sentence": gettext("The form holds more text than is kept.")}
        return render(request, "gallery/problem.html", context, status=413)
    return render(request, "400.html", status=400)
