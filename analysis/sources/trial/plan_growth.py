"""What a plan says of growth: the heights, their reference, and which measurement is which."""

from typing import NamedTuple, Self

import pydantic

from analysis.sources.trial.plan_part import Part, is_question


class Place(NamedTuple):
    """Where something is measured: a PARAMCD of a table, or a variable of ADSL.

    Attributes
    ----------
    table
        In lower case; ``"adsl"`` for a variable of it.
    name
        PARAMCD, or variable.
    """

    table: str
    name: str

    @property
    def of_subject(self) -> bool:
        """Whether it is a variable of ADSL, which a participant has once."""
        return self.table == "adsl"

    def __str__(self) -> str:
        """Return it as a plan writes it."""
        return f"{self.table.upper()}.{self.name}"


class GrowthRoles(Part):
    """Where the measurements of growth are, by what they are.

    Each is a PARAMCD of ``growth.dataset``, or ``TABLE.PARAMCD``, or ``ADSL.VARIABLE``. What is
    not named here is found by its usual name where only one thing in the data has it.
    """

    height: str = ""
    height_sds: str = ""
    height_velocity: str = ""
    height_velocity_sds: str = ""
    weight: str = ""
    bmi: str = ""
    bone_age: str = ""
    peak_gh: str = ""
    mother_height: str = ""
    father_height: str = ""


class Growth(Part):
    """Growth: the height records and the reference that gives the SDS.

    Parameters
    ----------
    dataset, paramcd
        Table and PARAMCD of the heights.
    reference
        Reference of the general population.
    disease_reference
        Reference of untreated children with the same condition; empty where there is none.
    pretreatment_visit
        AVISIT of the height before baseline that gives the velocity before treatment.
    roles
        Where the other measurements are, see `GrowthRoles`.
    """

    dataset: str
    paramcd: str = "HEIGHT"
    reference: str
    disease_reference: str = ""
    pretreatment_visit: str = ""
    roles: GrowthRoles = GrowthRoles()

    @pydantic.model_validator(mode="after")
    def _one_height(self) -> Self:
        named, own = self.place("height"), Place(self.dataset.lower(), self.paramcd)
        if any(map(is_question, (self.dataset, self.paramcd))):
            return self
        if named is not None and named != own:
            raise ValueError(
                "growth.roles.height must be the height of growth.dataset and growth.paramcd, "
                f"'{own}'; got '{self.roles.height}': correct one of them"
            )
        return self

    def place(self, role: str) -> Place | None:
        """Return where the plan says that a role is; None where it does not, or asks."""
        word: str = getattr(self.roles, role)
        if not word or is_question(word):
            return None
        table, dot, name = word.rpartition(".")
        place = Place((table if dot else self.dataset).lower(), name)
        return place._replace(name=name.upper()) if place.of_subject else place

    @property
    def places(self) -> dict[str, Place]:
        """Role → where it is, of those that the plan names."""
        found = {role: self.place(role) for role in GrowthRoles.model_fields}
        return {role: place for role, place in found.items() if place is not None}
