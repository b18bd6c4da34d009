"""What a plan says of safety: its tables, and the words that count in them."""

import pydantic

from analysis.errors import UserError
from analysis.sources.special_interest import list_named
from analysis.sources.trial.plan_part import Part, is_question


class LaboratoryRoles(Part):
    """PARAMCDs of the measurements that the safety sections look for, by what they are.

    A section whose measurement is not named here does not appear.
    """

    alt: str = ""
    ast: str = ""
    alp: str = ""
    bilirubin: str = ""
    fasting_glucose: str = ""
    random_glucose: str = ""
    hba1c: str = ""
    insulin: str = ""
    igf1_sds: str = ""
    tsh: str = ""
    free_t4: str = ""
    antibodies: str = ""


class Safety(Part):
    """Safety tables and what may be shown of them.

    Parameters
    ----------
    population
        Name of one of the trial's populations.
    adverse_events, vital_signs, exposure
        Tables; empty where there is none.
    laboratory
        Laboratory tables.
    roles
        Which PARAMCD is which measurement, see `LaboratoryRoles`.
    related
        Values of AEREL that count as related to treatment.
    withdrawal
        Values of AEACN that mean withdrawal of treatment.
    fatal
        Values of AEOUT that mean death.
    severe
        Values of AESEV that count as severe; where there are none, ``SEVERE`` and what is worse.
    identifiers
        Whether listings may show subject identifiers. Real data default to no.
    subgroups
        Variables of ADSL by which events are shown; a number is split at its median.
    special_interest
        Name of a group of events → its preferred terms. A group of the name of one of a list
        below has the terms of both.
    special_interest_lists
        Lists of groups by the terms of labels and guidelines, names of
        ``data/references/special_interest_lists.csv``.
    """

    population: str
    adverse_events: str = ""
    laboratory: tuple[str, ...] = ()
    vital_signs: str = ""
    exposure: str = ""
    roles: LaboratoryRoles = LaboratoryRoles()
    related: tuple[str, ...] = ("RELATED", "DEFINITE", "PROBABLE", "POSSIBLE")
    withdrawal: tuple[str, ...] = ("DRUG WITHDRAWN",)
    fatal: tuple[str, ...] = ("FATAL",)
    severe: tuple[str, ...] = ()
    identifiers: bool = False
    subgroups: tuple[str, ...] = ("SEX",)
    special_interest: dict[str, tuple[str, ...]] = pydantic.Field(default_factory=dict)
    special_interest_lists: tuple[str, ...] = ()

    @pydantic.field_validator("special_interest_lists")
    @classmethod
    def _lists_are_there(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Take a list by its name, whatever its case, and each once."""
        try:
            found = [each if is_question(each) else list_named(each) for each in names]
        except UserError as error:
            raise ValueError(f"safety.special_interest_lists {error}") from None
        return tuple(dict.fromkeys(found))
