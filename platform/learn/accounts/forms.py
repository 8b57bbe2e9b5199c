"""What a person may change about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from learn.accounts.models import User
from learn.accounts.zones import zones


def hours() -> list[tuple[int, str]]:
    return [(hour, f"{hour:02}:00") for hour in range(13)]


class SettingsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "language", "zone", "rollover_hour")
        labels = {"zone": _("Time zone"), "rollover_hour": _("A new day of study begins at")}
        help_texts = {
            "name": _("How the site speaks to you; nobody has to give one."),
            "rollover_hour": _("If you study past midnight, it still counts as the day before."),
        }
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"})}

    language = forms.ChoiceField(label=_("Language"), required=False)
    zone = forms.ChoiceField(label=_("Time zone"), required=False)
    rollover_hour = forms.TypedChoiceField(
        label=_("A new day of study begins at"),
        help_text=_("If you study past midnight, it still counts as the day before."),
        coerce=int,
        choices=hours,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = [("", _("As the browser asks")), *settings.LANGUAGES]
        # One that this list does not offer, such as an old alias the browser named, stays what it is.
        known = dict.fromkeys([*zones(), *filter(None, [self.instance.zone])])
        self.fields["zone"].choices = [("", _("Not known: UTC")), *((name, name.replace("_", " ")) for name in known)]


class PasswordAsked(forms.Form):
    """Whoever sits down at an unlocked screen cannot take the account away."""

    password = forms.CharField(
        label=_("Your password"), widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        # The owner came by a link and may have no password yet.
        if not user.has_usable_password():
            del self.fields["password"]

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password."))
        return password


class EmailForm(PasswordAsked):
    email = forms.EmailField(label=_("New e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    field_order = ("email", "password")

    def clean_email(self) -> str:
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if User.objects.filter(email__iexact=email).exclude(pk=self.user.pk).exists():
            raise forms.ValidationError(_("Someone here already has this address."))
        return email


class DeleteForm(PasswordAsked):
    sure = forms.BooleanField(label=_("Delete my account and everything I have done here"))
    field_order = ("sure", "password")
