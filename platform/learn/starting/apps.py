from django.apps import AppConfig


class StartingConfig(AppConfig):
    name = "learn.starting"
    label = "starting"
