"""A log without propensities: whether there was chance at all, and how likely each choice was."""

from __future__ import annotations

import numpy as np
from scipy.sparse import hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from routelab._checks import InputError
from routelab.encoders.hashing import HashingEncoder
from routelab.evaluate._split import assign_folds, rounds
from routelab.off_policy._log import HOW_TO_LOG
from routelab.routers._labels import same_text

#: From this AUC on, the prompt tells the model: nothing was left to chance.
SURE = 0.99
#: Chance that all repeated prompts meet the same model again, below which it was no chance.
UNLIKELY = 1e-3
#: Rows that the search for a rule looks at; more make it slower, not surer.
LOOKED_AT = 4_000
FOLDS = 5
#: Columns of hashed words, and again as many of characters.
HASHED = 2**12
#: Inverse penalties of the logistic regression.
PENALTIES = (1e-3, 1e-2, 0.1, 1.0, 10.0)
#: An estimated probability below this is taken as this.
LEAST = 1e-3


def refuse_without_propensity(
    name: str, models: tuple[str, ...], chosen: np.ndarray, prompts: list[str] | None, seed: int
) -> None:
    """Refuse a log that has no propensities, and say whether its choices look deterministic."""
    why = None if prompts is None else deterministic(models, chosen, prompts, seed)
    if why is not None:
        raise InputError(
            f"the log is deterministic ({why}): it says nothing of what another model would have "
            f"done for a prompt; {HOW_TO_LOG}"
        )
    raise InputError(
        f"the log has no column {name!r} with the propensities; {HOW_TO_LOG}, or take an estimate "
        "of them with propensity='estimate', which is right only if the prompt is all that the "
        "choice depended on"
    )


def deterministic(
    models: tuple[str, ...], chosen: np.ndarray, prompts: list[str], seed: int = 0
) -> str | None:
    """Return why the choices of a log look like a function of the prompt; None if they do not.

    Either all repeated prompts met the same model again, which chance would hardly do, or a
    classifier foretells the model of prompts that it has not seen (AUC of 0.99 or more).

    Parameters
    ----------
    models : tuple of str
    chosen : array of int (n,)
    prompts : list of str, length n
    seed : int, default 0

    Examples
    --------
    >>> prompts = ["sort a list", "write a poem"] * 10
    >>> deterministic(("a", "b"), np.array([0, 1] * 10), prompts)
    'all 2 prompts that come again went to the same model each time'
    """
    used, chosen = np.unique(chosen, return_inverse=True)
    if len(used) == 1:
        return f"every row went to {models[used[0]]!r}"
    shares = np.bincount(chosen) / len(chosen)
    texts = same_text(prompts)
    sizes = np.bincount(texts)
    table = np.bincount(texts * len(used) + chosen, minlength=len(sizes) * len(used))
    again = sizes >= 2
    alike = (table.reshape(-1, len(used)).max(axis=1) == sizes)[again]
    chance = np.log((shares ** sizes[again, None]).sum(axis=1)).sum()
    if again.any() and alike.all() and chance < np.log(UNLIKELY):
        return f"all {again.sum():,} prompts that come again went to the same model each time"
    few = np.random.default_rng(seed).permutation(len(chosen))[:LOOKED_AT]
    pairs = np.unique(np.column_stack([chosen[few], texts[few]]), axis=0)
    if np.bincount(pairs[:, 0], minlength=len(used)).min() < FOLDS:
        return None  # too few prompts of a model to learn a rule from
    chances = cross_fitted(chosen[few], [prompts[i] for i in few], seed)
    found = chances[:, 1] if len(used) == 2 else chances
    auc = float(roc_auc_score(chosen[few], found, multi_class="ovr"))
    if auc < SURE:
        return None
    return f"a classifier foretells the model of unseen prompts with AUC {auc:.3f}"


def cross_fitted(chosen: np.ndarray, prompts: list[str], seed: int) -> np.ndarray:
    """Return the probability of each model (n, models), by logistic regressions of other rows.

    On hashed words and the logarithm of the length; equal prompts are in one fold. Hashing learns
    nothing: with a vocabulary, unseen prompts would lose their unseen words, and the rest would
    look too sure. The penalty is the one of the least log loss over all rows, because weights need
    probabilities and not choices.

    Raises
    ------
    InputError
        A model with too few different prompts to be learnt from in every fold.
    """
    rows, m = np.arange(len(chosen)), int(chosen.max()) + 1
    folds = assign_folds(chosen.tolist(), same_text(prompts), FOLDS, seed)
    length = np.log1p([len(prompt) for prompt in prompts])[:, None]
    words = HashingEncoder(n_features=HASHED).transform(prompts)
    features = hstack([words, length], format="csr")
    found = np.zeros((len(PENALTIES), len(chosen), m))
    for train, asked in rounds(folds):
        if len(np.unique(chosen[train])) < m:
            raise InputError(
                f"a model was chosen in too few rows ({np.bincount(chosen).min():,}) to estimate "
                "its propensity"
            )
        for number, penalty in enumerate(PENALTIES):
            classifier = LogisticRegression(C=penalty, max_iter=1_000)
            classifier.fit(features[train], chosen[train])
            found[number, asked] = classifier.predict_proba(features[asked])
    losses = -np.log(np.maximum(found[:, rows, chosen], LEAST)).mean(axis=1)
    return found[losses.argmin()]


def estimated(
    models: tuple[str, ...], chosen: np.ndarray, prompts: list[str], seed: int
) -> np.ndarray:
    """Return estimated propensities of the chosen models (n,), after a look for determinism."""
    why = deterministic(models, chosen, prompts, seed)
    if why is not None:
        raise InputError(
            f"the log is deterministic ({why}): there are no propensities to estimate; {HOW_TO_LOG}"
        )
    chances = cross_fitted(chosen, prompts, seed)[np.arange(len(chosen)), chosen]
    return np.maximum(chances, LEAST)
