"""What every fitted model offers from itself: means, contrasts and tests."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.stats._checks import Array
    from analysis.stats.design_matrix import Design
    from analysis.stats.least_squares_means import Along
    from analysis.stats.linear_estimates import Estimate, Rows, TermTest


class Fitted:
    """Means, contrasts and tests from the fit; the functions of the same name do the work."""

    __slots__ = ()

    if TYPE_CHECKING:
        design: Design

        @property
        def sum_of_squares_scale(self) -> float | None:
            """Residual variance when sums of squares exist, else None."""

        def evaluate(self, rows: Array) -> tuple[Array, Array, Array]:
            """Return estimates, their covariance matrix and the df of each row."""

        def joint_test(self, rows: Array) -> tuple[float, float]:
            """Return the *F* value and denominator df of ``rows @ coefficients = 0``."""

    def ls_means(
        self,
        factors: str | Sequence[str],
        *,
        weights: str,
        level: float,
        covariates: Mapping[str, float] | None = None,
        along: Along | None = None,
    ) -> Rows[Estimate]:
        """Estimate the least-squares mean of each level: `analysis.stats.ls_means` of this fit.

        Examples
        --------
        ``fit.ls_means(["arm", "visit"], weights="equal", level=0.95).to_frame()``
        """
        from analysis.stats.least_squares_means import ls_means

        return ls_means(
            self, factors, weights=weights, level=level, covariates=covariates, along=along
        )

    def contrast(
        self,
        factor: str,
        *,
        reference: Hashable,
        weights: str,
        level: float,
        adjust: str,
        by: str | Sequence[str] = (),
        covariates: Mapping[str, float] | None = None,
        along: Along | None = None,
        null: float = 0.0,
    ) -> Rows[Estimate]:
        """Estimate each level minus the reference: `analysis.stats.contrast_reference` of this fit.

        Examples
        --------
        ``fit.contrast("arm", reference="placebo", by="visit", weights="equal", level=0.95,
        adjust="none").to_frame()``
        """
        from analysis.stats.least_squares_means import contrast_reference

        return contrast_reference(
            self, factor, reference=reference, weights=weights, level=level, adjust=adjust, by=by,
            covariates=covariates, along=along, null=null,
        )  # fmt: skip

    def pairwise(
        self,
        factor: str,
        *,
        weights: str,
        level: float,
        adjust: str,
        by: str | Sequence[str] = (),
        covariates: Mapping[str, float] | None = None,
        along: Along | None = None,
    ) -> Rows[Estimate]:
        """Estimate all differences of levels: `analysis.stats.contrast_pairwise` of this fit.

        Examples
        --------
        ``fit.pairwise("arm", weights="equal", level=0.95, adjust="holm").to_frame()``
        """
        from analysis.stats.least_squares_means import contrast_pairwise

        return contrast_pairwise(
            self, factor, weights=weights, level=level, adjust=adjust, by=by,
            covariates=covariates, along=along,
        )  # fmt: skip

    def type3_tests(
        self,
        terms: str | Sequence[str] | None = None,
        *,
        references: Mapping[str, Hashable] | None = None,
    ) -> Rows[TermTest]:
        """Test each term by its type III hypothesis: `analysis.stats.type3_tests` of this fit.

        Examples
        --------
        ``fit.type3_tests().to_frame()``
        """
        from analysis.stats.term_tests import type3_tests

        return type3_tests(self, terms, references=references)
