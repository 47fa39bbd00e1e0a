"""Heads take numbers and keep scikit-learn's contract."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

from routelab.routers import (
    CentroidHead,
    ComplexityHead,
    NeighborsHead,
    QualityNeighbors,
    QualityRidge,
)

HEADS = [CentroidHead(), NeighborsHead(k=3), ComplexityHead(), QualityNeighbors(k=3), QualityRidge()]


def _checks():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        return [
            pytest.param(head, check, id=f"{type(head).__name__}-{check.func.__name__}-{i}")
            for head in HEADS
            for i, (head, check) in enumerate(estimator_checks_generator(head))
        ]
