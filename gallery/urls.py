"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import path

urlpatterns = [
    path("login/", accounts.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("admin/", admin.site.urls),
]
