"""The rules that hold for one learner: weights fitted to them or the defaults, and their own wishes."""

from __future__ import annotations

from django.db.models import Q

from learn.reviews.items import Kind
from learn.reviews.models import ParameterSet, Plan
from learn.reviews.schedule import Rules, rules_for


def plan_of(learner) -> Plan:
    """The learner's plan, or the one everybody starts with (not saved)."""
    return Plan.objects.filter(learner=learner).first() or Plan(learner=learner)


def weights_of(learner) -> tuple[float, ...] | None:
    """The last weights adopted for this learner; else those adopted for everyone; else the defaults."""
    adopted = ParameterSet.objects.filter(Q(learner=learner) | Q(learner__isnull=True), adopted=True)
    found = adopted.order_by("learner_id", "-fitted_at").values_list("learner_id", "fitted_at", "weights")
    latest = sorted(found, key=lambda row: (row[0] is not None, row[1]))
    return tuple(latest[-1][2]) if latest else None


def rules_of(learner, plan: Plan | None = None) -> dict[Kind, Rules]:
    plan, weights = plan or plan_of(learner), weights_of(learner)
    return {kind: rules_for(kind, weights, plan.retention_of(kind)) for kind in Kind}
