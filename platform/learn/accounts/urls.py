"""Addresses of this app."""

from django.urls import path

from learn.accounts import views

app_name = "accounts"

urlpatterns = [
    path("zone/", views.set_zone, name="zone"),
]
