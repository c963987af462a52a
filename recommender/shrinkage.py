"""Posterior means of a linear model whose coefficients form a tree: all → family → technique.

θ_technique ~ N(φ_family, T), φ_family ~ N(μ, F), μ ~ N(0, R), and the rewards of a technique enter as the
sufficient statistics A = Σ x·xᵀ/σ² and b = Σ x·y/σ². Messages up and down the tree give the exact joint
posterior (Gelman and Hill, Data Analysis Using Regression and Multilevel Models, 2007, chapter 12; the
elimination is that of any Gaussian tree) with matrices no larger than the number of features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["posterior_means"]

_Numbers = NDArray[np.float64]


def posterior_means(
    precision: _Numbers,
    response: _Numbers,
    families: NDArray[np.int64],
    *,
    root_variance: _Numbers,
    family_variance: _Numbers,
    technique_variance: _Numbers,
) -> tuple[_Numbers, _Numbers]:
    """Coefficients of all together, (features,), and of each technique, (techniques, features).

    Args:
        precision: A of each technique, (techniques, features, features), positive semidefinite.
        response: b of each technique, (techniques, features).
        families: number of each technique's family from 0, (techniques,).
        root_variance: diagonal of R, (features,), above 0.
        family_variance: diagonal of F, likewise.
        technique_variance: diagonal of T, likewise.
    """
    size = int(families.max()) + 1
    technique_up = _message(precision, response, technique_variance)
    family_precision = np.zeros((size, *precision.shape[1:]))
    family_response = np.zeros((size, response.shape[1]))
    np.add.at(family_precision, families, technique_up[0])
    np.add.at(family_response, families, technique_up[1])
    family_up = _message(family_precision, family_response, family_variance)
    root = np.linalg.solve(np.diag(1.0 / root_variance) + family_up[0].sum(axis=0), family_up[1].sum(axis=0))
    family = _below(family_precision, family_response, family_variance, root)
    technique = _below(precision, response, technique_variance, family[families])
    return root, technique


def _message(precision: _Numbers, response: _Numbers, variance: _Numbers) -> tuple[_Numbers, _Numbers]:
    # What a node's data say about its parent, with the node itself integrated out.
    mixed = np.eye(len(variance)) + precision * variance
    upward = np.linalg.solve(mixed, precision)
    return np.asarray(upward), np.asarray(np.linalg.solve(mixed, response[..., None])[..., 0])


def _below(precision: _Numbers, response: _Numbers, variance: _Numbers, parent: _Numbers) -> _Numbers:
    total = precision + np.diag(1.0 / variance)
    return np.asarray(np.linalg.solve(total, (response + parent / variance)[..., None])[..., 0])
