"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import path

from gallery.api.root import api
from gallery.api.root import docs as api_docs
from gallery.health import views as health
from gallery.views import account, appearance, case, decisions, image, images, keys, media, review, upload, uploads

urlpatterns = [
    path("", account.home, name="home"),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("api/docs", api_docs, name="api_docs"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/undo-latest/", decisions.undo_latest, name="undo_latest"),
    path("decisions/<uuid:decision_id>/", decisions.decision, name="decision"),
    path("decisions/<uuid:decision_id>/settle/", decisions.settle, name="settle"),
    path("decisions/<uuid:decision_id>/undo/", decisions.undo_one, name="undo"),
    path("healthz", health.healthz, name="healthz"),
    path("i/<slug:public_id>/", image.image, name="image"),
    path("i/<slug:public_id>/edit/", image.image_edit, name="image_edit"),
    path("i/<slug:public_id>/remove/", image.image_remove, name="image_remove"),
    path("i/<slug:public_id>/restore/", image.image_restore, name="image_restore"),
    path("images/", images.images, name="images"),
    path("login/", account.Login.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("media/<slug:public_id>/original/", media.original, name="original"),
    path("media/<slug:public_id>/<slug:name>/", media.rendition, name="rendition"),
    path("merges/<int:merge_id>/", decisions.merge, name="merge"),
    path("metrics", health.metrics, name="metrics"),
    path("preferences/", account.preferences, name="preferences"),
    path("preferences/appearance/", appearance.appearance, name="appearance"),
    path("preferences/keys/", keys.keys, name="keys"),
    path("readyz", health.readyz, name="readyz"),
    path("review/", review.review, name="review"),
    path("review/start/", review.start, name="review_start"),
    path("review/unskip/", review.unskip, name="unskip"),
    path("review/<int:case_id>/", case.case, name="case"),
    path("review/<int:case_id>/comment/", case.comment, name="comment"),
    path("review/<int:case_id>/escalate/", case.escalate, name="escalate"),
    path("review/<int:case_id>/heartbeat/", case.heartbeat, name="heartbeat"),
    path("review/<int:case_id>/merge-preview/", case.merge_preview, name="merge_preview"),
    path("review/<int:case_id>/skip/", case.skip, name="skip"),
    path("review/<int:case_id>/take-over/", case.take_over, name="take_over"),
    path("review/<int:case_id>/<slug:action>/", case.act, name="act"),
    path("review/pairs/<int:pair_id>/<slug:name>/", media.pair_rendition, name="pair_rendition"),
    path("upload/", upload.upload, name="upload"),
    path("uploads/", uploads.uploads, name="uploads"),
    path("uploads/progress/", uploads.progress, name="uploads_progress"),
    path("verdicts/", decisions.verdicts, name="verdicts"),
]
