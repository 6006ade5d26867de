"""What a code means in a company: the table itself is `svara.people.codes`, since the office's check reads it too."""

from __future__ import annotations

from svara.people.codes import BY_NAME, Code, Feature, FeatureName, feature_of
from svara.people.office import Tenant

__all__ = ["BY_NAME", "Code", "Feature", "FeatureName", "feature_in", "feature_of"]


def feature_in(tenant: Tenant, dialled: str) -> Feature | None:
    """The feature that is dialled so in this company; None for everything else."""
    return feature_of(dialled, tenant.codes)
