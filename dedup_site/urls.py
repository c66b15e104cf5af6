"""The site is the gallery."""

from django.urls import include, path

urlpatterns = [path("", include("gallery.urls"))]

handler400 = "gallery.views.problems.bad_request"
