r"""The estimators: what a policy would have reached, from a log of another one's random choices.

Of row i the log holds the prompt :math:`x_i`, the model :math:`a_i` that was chosen with the
propensity :math:`p_i`, and its outcome :math:`y_i` (quality or USD). The policy :math:`\pi` that is
evaluated would have chosen that model with probability :math:`\pi(a_i | x_i)`; the weight of the
row is :math:`w_i = \pi(a_i | x_i) / p_i`. A model of outcomes predicts :math:`\hat q(x, a)`.

Every function is pure and works on whole columns.
"""

from __future__ import annotations

import numpy as np


def importance_weights(
    policy: np.ndarray, propensity: np.ndarray, chosen: np.ndarray
) -> np.ndarray:
    r"""Return the weights :math:`w_i = \pi(a_i | x_i) / p_i` (n,).

    Parameters
    ----------
    policy : array (n, m)
        Probability of each model under the policy.
    propensity : array (n,)
        Probability with which the log chose the model that it chose.
    chosen : array of int (n,)
        Column of the model that the log chose.

    Examples
    --------
    >>> importance_weights(np.array([[0.5, 0.5]]), np.array([0.25]), np.array([1])).tolist()
    [2.0]
    """
    return policy[np.arange(len(chosen)), chosen] / propensity


def effective_sample_size(weights: np.ndarray) -> float:
    r"""Return :math:`(\sum w)^2 / \sum w^2`: as many equal rows would say as much; 0 without any.

    References
    ----------
    Kish (1965), "Survey Sampling", chapter 11.

    Examples
    --------
    >>> effective_sample_size(np.array([1.0, 1.0, 0.0, 0.0]))
    2.0
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def truncation_point(n: int) -> float:
    r"""Return the weight above which weights are not trusted, :math:`\sqrt n`.

    With a mean weight of 1 it is the rate of Ionides: the bias of truncation vanishes as the log
    grows, and the variance stays finite for any policy that the log supports.

    References
    ----------
    Ionides (2008), "Truncated Importance Sampling", Journal of Computational and Graphical
    Statistics 17(2), section 2.

    Examples
    --------
    >>> truncation_point(400)
    20.0
    """
    return float(np.sqrt(n))


def ips(values: np.ndarray, weights: np.ndarray) -> float:
    r"""Return inverse propensity scoring, :math:`\frac1n \sum w_i y_i`.

    Unbiased when the propensities are right; its variance grows with the weights.

    References
    ----------
    Horvitz and Thompson (1952), "A Generalization of Sampling Without Replacement from a Finite
    Universe", JASA 47.

    Examples
    --------
    >>> ips(np.array([1.0, 0.0, 1.0, 1.0]), np.array([2.0, 0.0, 1.0, 0.0]))
    0.75
    """
    return float((weights * values).mean())


def snips(values: np.ndarray, weights: np.ndarray) -> float:
    r"""Return self-normalised IPS, :math:`\sum w_i y_i / \sum w_i`.

    Between the least and the greatest outcome, and not moved when all outcomes are shifted; the
    bias is of order 1/n.

    References
    ----------
    Swaminathan and Joachims (2015), "The Self-Normalized Estimator for Counterfactual Learning",
    NeurIPS, section 4.

    Examples
    --------
    >>> snips(np.array([1.0, 0.0, 1.0]), np.array([2.0, 1.0, 1.0]))
    0.75
    """
    return float((weights * values).sum() / weights.sum())


def model_terms(policy: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    r"""Return :math:`\sum_a \pi(a | x_i) \hat q(x_i, a)` of each row (n,).

    Parameters
    ----------
    policy, predicted : array (n, m)

    Examples
    --------
    >>> model_terms(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])).tolist()
    [0.5]
    """
    return np.einsum("nm,nm->n", policy, predicted)


def direct_method(policy: np.ndarray, predicted: np.ndarray) -> float:
    r"""Return the direct method, :math:`\frac1n \sum_i \sum_a \pi(a | x_i) \hat q(x_i, a)`.

    As good or as biased as the model of outcomes.

    References
    ----------
    Dudik, Langford and Li (2011), "Doubly Robust Policy Evaluation and Learning", ICML, section 2.

    Examples
    --------
    >>> direct_method(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.5, 0.0], [0.5, 1.0]]))
    0.75
    """
    return float(model_terms(policy, predicted).mean())


def robust_terms(
    values: np.ndarray,
    weights: np.ndarray,
    policy: np.ndarray,
    predicted: np.ndarray,
    chosen: np.ndarray,
) -> np.ndarray:
    r"""Return :math:`\sum_a \pi(a | x_i) \hat q(x_i, a) + w_i (y_i - \hat q(x_i, a_i))` (n,).

    Parameters
    ----------
    values, weights : array (n,)
    policy, predicted : array (n, m)
    chosen : array of int (n,)

    Examples
    --------
    >>> one = np.array([1.0])
    >>> robust_terms(one, 2 * one, np.eye(2)[:1], np.array([[0.75, 0.0]]), np.array([0])).tolist()
    [1.25]
    """
    rest = values - predicted[np.arange(len(chosen)), chosen]
    return model_terms(policy, predicted) + weights * rest


def doubly_robust(
    values: np.ndarray,
    weights: np.ndarray,
    policy: np.ndarray,
    predicted: np.ndarray,
    chosen: np.ndarray,
) -> float:
    r"""Return the doubly robust estimate: the direct method, corrected by weighted residuals.

    :math:`\frac1n \sum_i [\sum_a \pi(a | x_i) \hat q(x_i, a) + w_i (y_i - \hat q(x_i, a_i))]`.
    Unbiased when the propensities are right, whatever the model predicts for rows that it has not
    learnt from; the better the model, the smaller the variance.

    References
    ----------
    Dudik, Erhan, Langford and Li (2014), "Doubly Robust Policy Evaluation and Optimization",
    Statistical Science 29(4), section 3.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> doubly_robust(one, 2 * one, np.eye(2)[:1], np.array([[0.75, 0.0]]), np.array([0]))
    1.25
    """
    return float(robust_terms(values, weights, policy, predicted, chosen).mean())


def switch_dr(
    values: np.ndarray,
    weights: np.ndarray,
    policy: np.ndarray,
    predicted: np.ndarray,
    chosen: np.ndarray,
    threshold: float,
) -> float:
    r"""Return Switch-DR: doubly robust where the weight is at most `threshold`, else the model.

    The doubly robust estimate with the weights :math:`w_i 1(w_i \le \tau)`.

    References
    ----------
    Wang, Agarwal and Dudik (2017), "Optimal and Adaptive Off-policy Evaluation in Contextual
    Bandits", ICML, section 4.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> parts = (one, 2 * one, np.eye(2)[:1], np.array([[0.75, 0.0]]), np.array([0]))
    >>> switch_dr(*parts, threshold=2), switch_dr(*parts, threshold=1)
    (1.25, 0.75)
    """
    return doubly_robust(values, kept_weights(weights, threshold), policy, predicted, chosen)


def kept_weights(weights: np.ndarray, threshold: float) -> np.ndarray:
    """Return the weights (n,), 0 where they are above the threshold.

    Examples
    --------
    >>> kept_weights(np.array([1.0, 3.0]), 2.0).tolist()
    [1.0, 0.0]
    """
    return np.where(weights <= threshold, weights, 0.0)
