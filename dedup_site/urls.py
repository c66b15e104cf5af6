"""The site is the gallery."""

from django.urls import include, path

urlpatterns = [path("", include("gallery.urls"))]
