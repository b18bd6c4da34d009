"""The measurements that a trial names as roles, such as ALT: their PARAMCDs."""

from functools import lru_cache

from analysis.errors import NoSection, UserError
from analysis.safety.settings import SafetyRun


def need_roles(run: SafetyRun, *roles: str) -> dict[str, str]:
    """Return role → PARAMCD of those of `roles` that the trial declares.

    Raises
    ------
    NoSection
        If the trial declares none of them.
    UserError
        If trial.yml names a PARAMCD that no laboratory table has.
    """
    named = {role: code for role in roles if (code := getattr(run.plan.roles, role))}
    for role, code in named.items():
        if code not in _measured(run):
            raise UserError(
                f"safety.roles.{role} of trial.yml names PARAMCD '{code}', which no record of "
                f"{', '.join(run.plan.laboratory) or 'a laboratory table'} has; correct it"
            )
    if not named:
        raise NoSection(
            f"trial.yml of '{run.trial.plan.id}' names no measurement for "
            f"{' or '.join(role.replace('_', ' ') for role in roles)}"
        )
    return named


@lru_cache(maxsize=8)
def _measured(run: SafetyRun) -> frozenset[str]:
    """Return every PARAMCD that a laboratory table of the trial has."""
    tables = (run.table(name, "PARAMCD") for name in run.plan.laboratory)
    return frozenset(code for table in tables for code in table["PARAMCD"].unique())


def named_codes(run: SafetyRun) -> list[str]:
    """Return every PARAMCD that the trial names as a role."""
    return [code for code in run.plan.roles.model_dump().values() if code]
