from django.apps import AppConfig


class AuthoringConfig(AppConfig):
    name = "learn.authoring"
    label = "authoring"
