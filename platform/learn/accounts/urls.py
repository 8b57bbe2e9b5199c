"""Addresses of this app; signing in and up and the like are allauth's."""

from django.urls import path

from learn.accounts import views

app_name = "accounts"

urlpatterns = [
    path("settings/", views.edit_settings, name="settings"),
    path("settings/email/", views.change_email, name="change_email"),
    path("settings/export/", views.export, name="export"),
    path("settings/delete/", views.delete, name="delete"),
    path("owner/<str:secret>/", views.use_owner_link, name="owner_link"),
    path("zone/", views.set_zone, name="zone"),
]
