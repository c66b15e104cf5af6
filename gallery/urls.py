"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import path

from gallery.health import views as health
from gallery.views import account, appearance, image, images, media, upload, uploads

urlpatterns = [
    path("", account.home, name="home"),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("i/<slug:public_id>/", image.image, name="image"),
    path("i/<slug:public_id>/edit/", image.image_edit, name="image_edit"),
    path("i/<slug:public_id>/remove/", image.image_remove, name="image_remove"),
    path("images/", images.images, name="images"),
    path("login/", account.Login.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("media/<slug:public_id>/original/", media.original, name="original"),
    path("media/<slug:public_id>/<slug:name>/", media.rendition, name="rendition"),
    path("metrics", health.metrics, name="metrics"),
    path("preferences/", account.preferences, name="preferences"),
    path("preferences/appearance/", appearance.appearance, name="appearance"),
    path("readyz", health.readyz, name="readyz"),
    path("review/pairs/<int:pair_id>/<slug:name>/", media.pair_rendition, name="pair_rendition"),
    path("upload/", upload.upload, name="upload"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/progress/", uploads.progress, name="uploads_progress"),
]
