"""
Who may open what, as data: a line is a method, an address and the status for each of :data:`PEOPLE`.

302 is to the login for nobody; of a POST that was taken it is the way on. What one may not know of is 404, what one may
know of and not do is 403. The admin sends everybody it is not for to the login, which answers 403 to who is signed in.
"""

PEOPLE = ["nobody", "owner", "other", "moderator", "senior", "admin", "auditor"]
"""Everything with an owner that the addresses name is in private."""


def _read(lines: str) -> dict[str, list[int]]:
    rows = [line.rsplit(maxsplit=len(PEOPLE)) for line in lines.strip().splitlines()]
    return {" ".join(row.split()): [int(status) for status in statuses] for row, *statuses in rows}


PAGES = _read("""
GET  /                                        302 302 302 302 302 302 302
POST /                                        302 405 405 405 405 405 405
GET  /albums/                                 302 200 200 200 200 200 200
POST /albums/                                 302 405 405 405 405 405 405
GET  /albums/<int:album_id>/                  302 200 404 404 404 404 404
POST /albums/<int:album_id>/                  302 302 404 404 404 404 404
GET  /albums/<int:album_id>/delete/           302 405 405 405 405 405 405
POST /albums/<int:album_id>/delete/           302 302 404 404 404 404 404
GET  /albums/<int:album_id>/take-out/         302 405 405 405 405 405 405
POST /albums/<int:album_id>/take-out/         302 302 404 404 404 404 404
GET  /albums/favourites/                      302 200 200 200 200 200 200
POST /albums/favourites/                      302 405 405 405 405 405 405
GET  /decisions/                              302 403 403 200 200 200 200
POST /decisions/                              302 403 403 405 405 405 405
GET  /decisions/<uuid:decision_id>/           302 403 403 200 200 200 200
POST /decisions/<uuid:decision_id>/           302 403 403 405 405 405 405
GET  /decisions/<uuid:decision_id>/settle/    302 403 403 405 405 403 403
POST /decisions/<uuid:decision_id>/settle/    302 403 403 409 409 403 403
GET  /decisions/<uuid:decision_id>/undo/      302 403 403 405 405 403 403
POST /decisions/<uuid:decision_id>/undo/      302 403 403 302 302 403 403
GET  /decisions/undo-latest/                  302 403 403 405 405 403 403
POST /decisions/undo-latest/                  302 403 403 302 302 403 403
GET  /healthz                                 200 200 200 200 200 200 200
POST /healthz                                 405 405 405 405 405 405 405
GET  /i/<slug:public_id>/                     302 200 404 200 200 200 200
POST /i/<slug:public_id>/                     302 405 405 405 405 405 405
GET  /i/<slug:public_id>/appeal/              302 405 405 405 405 405 405
POST /i/<slug:public_id>/appeal/              302 409 404 404 404 404 404
GET  /i/<slug:public_id>/edit/                302 200 404 403 403 403 403
POST /i/<slug:public_id>/edit/                302 302 404 403 403 403 403
GET  /i/<slug:public_id>/favourite/           302 405 405 405 405 405 405
POST /i/<slug:public_id>/favourite/           302 302 404 302 302 302 302
GET  /i/<slug:public_id>/hold/                302 404 404 403 200 200 403
POST /i/<slug:public_id>/hold/                302 404 404 403 302 302 403
GET  /i/<slug:public_id>/remove/              302 200 404 403 200 403 403
POST /i/<slug:public_id>/remove/              302 302 404 403 302 403 403
GET  /i/<slug:public_id>/restore/             302 405 405 405 405 405 405
POST /i/<slug:public_id>/restore/             302 302 404 404 404 404 404
GET  /i/<slug:public_id>/reveal/              302 405 405 405 405 405 405
POST /i/<slug:public_id>/reveal/              302 302 404 302 302 302 302
GET  /i/<slug:public_id>/take-back/           302 405 405 405 405 405 405
POST /i/<slug:public_id>/take-back/           302 403 404 404 404 404 404
GET  /images/                                 302 403 403 200 200 200 200
POST /images/                                 302 403 403 405 405 405 405
GET  /login/                                  200 302 302 302 302 302 302
POST /login/                                  200 302 302 302 302 302 302
GET  /logout/                                 405 405 405 405 405 405 405
POST /logout/                                 302 302 302 302 302 302 302
GET  /media/<slug:public_id>/<slug:name>/     302 200 404 200 200 200 200
POST /media/<slug:public_id>/<slug:name>/     302 405 405 405 405 405 405
GET  /media/<slug:public_id>/original/        302 200 404 200 200 200 200
POST /media/<slug:public_id>/original/        302 405 405 405 405 405 405
GET  /media/<slug:public_id>/tiles/           302 405 405 405 405 405 405
POST /media/<slug:public_id>/tiles/           302 404 404 404 404 404 404
GET  /media/<slug:public_id>/tiles/<int:column>/<int:row>/ 302 404 404 404 404 404 404
POST /media/<slug:public_id>/tiles/<int:column>/<int:row>/ 302 405 405 405 405 405 405
GET  /merges/<int:merge_id>/                  302 403 403 200 200 200 200
POST /merges/<int:merge_id>/                  302 403 403 405 405 405 405
GET  /metrics                                 401 401 401 401 401 401 401
POST /metrics                                 405 405 405 405 405 405 405
GET  /preferences/                            302 200 200 200 200 200 200
POST /preferences/                            302 302 302 302 302 302 302
GET  /preferences/appearance/                 405 405 405 405 405 405 405
POST /preferences/appearance/                 302 302 302 302 302 302 302
GET  /preferences/keys/                       302 403 403 200 200 403 403
POST /preferences/keys/                       302 403 403 302 302 403 403
GET  /preferences/password/                   302 200 200 200 200 200 200
POST /preferences/password/                   302 302 302 302 302 302 302
GET  /readyz                                  200 200 200 200 200 200 200
POST /readyz                                  405 405 405 405 405 405 405
GET  /review/                                 302 403 403 200 200 403 403
POST /review/                                 302 403 403 405 405 403 403
GET  /review/<int:case_id>/                   302 403 403 200 200 200 200
POST /review/<int:case_id>/                   302 403 403 405 405 405 405
GET  /review/<int:case_id>/<slug:action>/     302 403 403 405 405 403 403
POST /review/<int:case_id>/<slug:action>/     302 403 403 302 302 403 403
GET  /review/<int:case_id>/batch/             302 403 403 302 302 403 403
POST /review/<int:case_id>/batch/             302 403 403 302 302 403 403
GET  /review/<int:case_id>/comment/           302 403 403 405 405 403 403
POST /review/<int:case_id>/comment/           302 403 403 302 302 403 403
GET  /review/<int:case_id>/escalate/          302 403 403 405 405 403 403
POST /review/<int:case_id>/escalate/          302 403 403 302 302 403 403
GET  /review/<int:case_id>/heartbeat/         302 403 403 405 405 403 403
POST /review/<int:case_id>/heartbeat/         302 403 403 200 200 403 403
GET  /review/<int:case_id>/merge-preview/     302 403 403 200 200 403 403
POST /review/<int:case_id>/merge-preview/     302 403 403 405 405 403 403
GET  /review/<int:case_id>/reveal/            302 403 403 405 405 405 405
POST /review/<int:case_id>/reveal/            302 403 403 302 302 302 302
GET  /review/<int:case_id>/skip/              302 403 403 405 405 403 403
POST /review/<int:case_id>/skip/              302 403 403 302 302 403 403
GET  /review/<int:case_id>/take-over/         302 403 403 405 405 403 403
POST /review/<int:case_id>/take-over/         302 403 403 403 302 403 403
GET  /review/appeals/                         302 403 403 403 200 403 403
POST /review/appeals/                         302 403 403 405 405 403 403
GET  /review/appeals/<int:appeal_id>/answer/  302 403 403 405 405 403 403
POST /review/appeals/<int:appeal_id>/answer/  302 403 403 403 302 403 403
GET  /review/bulk/                            302 403 403 200 200 200 200
POST /review/bulk/                            302 403 403 405 405 405 405
GET  /review/bulk/<uuid:job_id>/              302 403 403 200 200 200 200
POST /review/bulk/<uuid:job_id>/              302 403 403 405 405 405 405
GET  /review/bulk/<uuid:job_id>/progress/     302 403 403 200 200 200 200
POST /review/bulk/<uuid:job_id>/progress/     302 403 403 405 405 405 405
GET  /review/bulk/<uuid:job_id>/stop/         302 403 403 405 405 403 403
POST /review/bulk/<uuid:job_id>/stop/         302 403 403 302 302 403 403
GET  /review/bulk/<uuid:job_id>/take-back/    302 403 403 405 405 403 403
POST /review/bulk/<uuid:job_id>/take-back/    302 403 403 409 409 403 403
GET  /review/bulk/preview/                    302 403 403 404 404 403 403
POST /review/bulk/preview/                    302 403 403 405 405 403 403
GET  /review/bulk/start/                      302 403 403 405 405 403 403
POST /review/bulk/start/                      302 403 403 409 409 403 403
GET  /review/cases/                           302 403 403 200 200 403 403
POST /review/cases/                           302 403 403 405 405 403 403
GET  /review/filters/                         302 403 403 405 405 403 403
POST /review/filters/                         302 403 403 302 302 403 403
GET  /review/filters/<int:filter_id>/forget/  302 403 403 405 405 403 403
POST /review/filters/<int:filter_id>/forget/  302 403 403 302 404 403 403
GET  /review/pairs/<int:pair_id>/<slug:name>/ 302 404 404 200 200 200 200
POST /review/pairs/<int:pair_id>/<slug:name>/ 302 405 405 405 405 405 405
GET  /review/start/                           302 403 403 302 302 403 403
POST /review/start/                           302 403 403 405 405 403 403
GET  /review/unskip/                          302 403 403 405 405 403 403
POST /review/unskip/                          302 403 403 302 302 403 403
GET  /upload/                                 302 200 200 200 200 200 200
POST /upload/                                 302 302 302 302 302 302 302
GET  /uploads/                                302 200 200 200 200 200 200
POST /uploads/                                302 405 405 405 405 405 405
GET  /uploads/progress/                       302 405 405 405 405 405 405
POST /uploads/progress/                       302 286 286 286 286 286 286
GET  /verdicts/                               302 403 403 200 200 200 200
POST /verdicts/                               302 403 403 405 405 405 405
""")

API = _read("""
GET  /api/                              404 404 404 404 404 404 404
GET  /api/albums                        401 200 200 200 200 200 200
POST /api/albums/{album_id}/delete      401 204 404 404 404 404 404
POST /api/albums/{album_id}/rename      401 200 404 404 404 404 404
POST /api/albums/{album_id}/take-out    401 200 404 404 404 404 404
GET  /api/appeals                       401 200 200 200 200 200 200
POST /api/appeals                       401 409 404 404 404 404 404
POST /api/appeals/{appeal_id}/answer    401 403 404 404 200 404 404
GET  /api/cases                         401 403 403 200 200 403 403
GET  /api/cases/next                    401 403 403 200 200 403 403
GET  /api/cases/{case_id}               401 403 403 200 200 403 403
POST /api/cases/{case_id}/comments      401 403 403 201 201 403 403
POST /api/cases/{case_id}/escalate      401 403 403 200 200 403 403
POST /api/cases/{case_id}/lease         401 403 403 200 200 403 403
POST /api/cases/{case_id}/merge-preview 401 403 403 200 200 403 403
POST /api/cases/{case_id}/skip          401 403 403 204 204 403 403
POST /api/decisions                     401 403 403 200 200 403 403
GET  /api/decisions/{decision_id}       401 404 404 200 200 200 200
GET  /api/decisions/{decision_id}/undo  401 403 404 200 200 403 403
POST /api/decisions/{decision_id}/undo  401 403 404 200 200 403 403
GET  /api/dissents                      401 403 403 200 200 403 403
POST /api/dissents/{decision_id}/settle 401 403 403 404 404 403 403
GET  /api/docs                          200 200 200 200 200 200 200
GET  /api/health                        401 200 200 200 200 200 200
GET  /api/images                        401 200 200 200 200 200 200
POST /api/images                        401 202 202 202 202 202 202
GET  /api/images/{public_id}            401 200 404 200 200 200 200
GET  /api/images/{public_id}/details    401 200 404 200 200 200 200
POST /api/images/{public_id}/details    401 200 404 403 403 403 403
POST /api/images/{public_id}/favourite  401 200 404 200 200 200 200
POST /api/images/{public_id}/hold       401 403 404 403 200 200 403
POST /api/images/{public_id}/remove     401 200 404 403 200 403 403
POST /api/images/{public_id}/restore    401 200 404 403 200 403 403
GET  /api/openapi.json                  200 200 200 200 200 200 200
GET  /api/policy                        401 200 200 200 200 200 200
GET  /api/verdicts                      401 403 403 200 200 200 200
POST /api/verdicts/{verdict_id}/revoke  401 403 403 200 200 403 403
GET  /api/{rest}                        404 404 404 404 404 404 404
""")
"""The same for a session and for a token."""

ADMIN_LISTS = _read("""
GET  /admin/*/                          302 302 302 302 302 200 200
POST /admin/*/                          302 302 302 302 302 200 200
GET  /admin/*/add/                      302 302 302 302 302 403 403
POST /admin/*/add/                      302 302 302 302 302 403 403
GET  /admin/*/<path:object_id>/history/ 302 302 302 302 302 200 200
POST /admin/*/<path:object_id>/history/ 302 302 302 302 302 200 200
GET  /admin/*/<path:object_id>/delete/  302 302 302 302 302 403 403
POST /admin/*/<path:object_id>/delete/  302 302 302 302 302 403 403
GET  /admin/*/<path:object_id>/change/  302 302 302 302 302 200 200
POST /admin/*/<path:object_id>/change/  302 302 302 302 302 403 403
GET  /admin/*/<path:object_id>/         302 302 302 302 302 302 302
POST /admin/*/<path:object_id>/         302 302 302 302 302 302 302
""")
"""Of every noun, where :data:`ADMIN` does not say otherwise."""

ADMIN = _read("""
GET  /admin/                                           302 302 302 302 302 200 200
POST /admin/                                           302 302 302 302 302 200 200
GET  /admin/(?P<url>.*)$                               302 302 302 302 302 404 404
POST /admin/(?P<url>.*)$                               302 302 302 302 302 404 404
GET  /admin/^(?P<app_label>gallery|auth)/$             302 302 302 302 302 200 200
POST /admin/^(?P<app_label>gallery|auth)/$             302 302 302 302 302 200 200
GET  /admin/auth/group/                                302 302 302 302 302 200 200
POST /admin/auth/group/                                302 302 302 302 302 200 200
GET  /admin/auth/group/<path:object_id>/change/        302 302 302 302 302 200 200
GET  /admin/auth/group/<path:object_id>/history/       302 302 302 302 302 200 200
POST /admin/auth/group/<path:object_id>/history/       302 302 302 302 302 200 200
GET  /admin/autocomplete/                              302 302 302 302 302 403 403
POST /admin/autocomplete/                              302 302 302 302 302 405 405
GET  /admin/gallery/auditentry/export/                 302 302 302 302 302 200 200
POST /admin/gallery/auditentry/export/                 302 302 302 302 302 405 405
POST /admin/gallery/image/<path:object_id>/change/     302 302 302 302 302 200 403
GET  /admin/gallery/policy/<int:pk>/new-version/       302 302 302 302 302 405 405
POST /admin/gallery/policy/<int:pk>/new-version/       302 302 302 302 302 302 403
GET  /admin/gallery/policy/<int:pk>/restore/           302 302 302 302 302 200 403
POST /admin/gallery/policy/<int:pk>/restore/           302 302 302 302 302 422 403
GET  /admin/gallery/policy/<int:pk>/tune/              302 302 302 302 302 200 403
POST /admin/gallery/policy/<int:pk>/tune/              302 302 302 302 302 200 403
GET  /admin/gallery/user/<id>/password/                302 302 302 302 302 200 403
POST /admin/gallery/user/<id>/password/                302 302 302 302 302 200 403
POST /admin/gallery/user/<path:object_id>/change/      302 302 302 302 302 200 403
GET  /admin/gallery/user/add/                          302 302 302 302 302 200 403
POST /admin/gallery/user/add/                          302 302 302 302 302 200 403
GET  /admin/jsi18n/                                    302 302 302 302 302 200 200
POST /admin/jsi18n/                                    302 302 302 302 302 405 405
GET  /admin/login/                                     302 403 403 403 403 302 302
POST /admin/login/                                     302 403 403 403 403 302 302
GET  /admin/logout/                                    302 302 302 302 302 405 405
POST /admin/logout/                                    302 302 302 302 302 302 302
GET  /admin/password_change/                           302 302 302 302 302 302 302
POST /admin/password_change/                           302 302 302 302 302 302 302
GET  /admin/password_change/done/                      302 302 302 302 302 200 200
POST /admin/password_change/done/                      302 302 302 302 302 405 405
GET  /admin/r/<path:content_type_id>/<path:object_id>/ 302 302 302 302 302 404 404
POST /admin/r/<path:content_type_id>/<path:object_id>/ 302 302 302 302 302 404 404
""")
