"""A person's own pages: settings, the owner's way in, taking everything along, leaving."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views import i18n
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from learn.accounts import addresses, belongings, owner_link
from learn.accounts.forms import DeleteForm, EmailForm, SettingsForm
from learn.accounts.zones import is_zone

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


@never_cache
@require_http_methods(["GET", "POST"])
def use_owner_link(request: HttpRequest, secret: str) -> HttpResponse:
    """One button, and not the visit itself: a browser that looks ahead must not spend the link."""
    now = timezone.now()
    if request.method == "GET":
        good = owner_link.is_good(secret, now)
        return render(request, "accounts/owner_link.html", {"is_good": good}, status=200 if good else 410)
    try:
        owner = owner_link.use(secret, now)
    except owner_link.NotGood:
        return render(request, "accounts/owner_link.html", {"is_good": False}, status=410)
    login(request, owner, backend=BACKEND)
    if not owner.has_usable_password():
        messages.info(request, _("Set your e-mail and a password in Settings, to sign in without a link."))
    return redirect("/")


@login_required
@require_http_methods(["GET", "POST"])
def edit_settings(request: HttpRequest) -> HttpResponse:
    form = SettingsForm(request.POST or None, instance=request.user)
    if form.is_valid():
        user = form.save()
        with translation.override(user.language or translation.get_language()):
            messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    context = {"form": form, "can_confirm_email": bool(settings.EMAIL_URL)}
    return render(request, "accounts/settings.html", context, status=422 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    if settings.EMAIL_URL:
        return redirect("account_email")  # there the new address is confirmed first
    form = EmailForm(request.POST or None, user=request.user)
    if form.is_valid():
        addresses.change_email(request.user, form.cleaned_data["email"])
        messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    return render(request, "accounts/change_email.html", {"form": form}, status=422 if form.is_bound else 200)


@login_required
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """Everything a learner has, in one file."""
    response = JsonResponse(belongings.export(request.user), json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = f'attachment; filename="anneal-{timezone.localdate():%Y-%m-%d}.json"'
    return response


@login_required
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    form = DeleteForm(request.POST or None, user=request.user)
    if form.is_valid():
        try:
            belongings.delete(request.user)
        except belongings.LastOwner:
            form.add_error(None, _("You are the only owner. Make someone else an owner first, in Administration."))
        else:
            logout(request)
            messages.success(request, _("Your account and everything in it are gone."))
            return redirect("/")
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Django's switch, which keeps the page; whoever is signed in keeps the language too."""
    response = i18n.set_language(request)
    language = request.POST.get("language", "")
    if request.user.is_authenticated and translation.check_for_language(language):
        request.user.language = language
        request.user.save(update_fields=["language"])
    return response


@require_POST
def set_zone(request: HttpRequest) -> HttpResponse:
    """The browser names its time zone once, while none is known (static/js/site.js)."""
    zone = request.POST.get("zone", "")
    if not is_zone(zone):
        return HttpResponseBadRequest()
    if request.user.is_authenticated and not request.user.zone:
        request.user.zone = zone
        request.user.save(update_fields=["zone"])
    return HttpResponse(status=204)
