"""Every address of the site."""

from django.contrib import admin
from django.contrib.auth import views as accounts
from django.urls import path

from gallery.views import account, appearance

urlpatterns = [
    path("", account.home, name="home"),
    path("admin/", admin.site.urls),
    path("login/", account.Login.as_view(), name="login"),
    path("logout/", accounts.LogoutView.as_view(), name="logout"),
    path("preferences/", account.preferences, name="preferences"),
    path("preferences/appearance/", appearance.appearance, name="appearance"),
]
