"""The head of a router as an ONNX graph: from an encoder's rows to a route, in any language."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from routelab._checks import InputError, require
from routelab.decide import group_of_route
from routelab.exporters._base import TARGETS
from routelab.exporters.litellm._probes import probes
from routelab.plan import Plan
from routelab.routers import CentroidHead, LogisticHead

EXTRA = "onnx-export"
_OPSETS = {"": 15, "ai.onnx.ml": 3}  # of 2021, so that older runtimes read the graph


@TARGETS.register("onnx")
def write_onnx(plan: Plan, folder: Path) -> list[str]:
    """Write ``head.onnx`` and ``head.json``, after their answers were compared with the router's.

    ``head.onnx`` takes ``rows`` (float32, (n, width)), the encoder's vectors of length one, and
    gives ``label`` (n,) and ``probabilities`` (n, classes). ``head.json`` says which encoder, which
    classes, and which model group each class leads to.

    Raises
    ------
    InputError
        The plan has no router of an encoder with dense vectors and a linear head (kinds `linear`
        and `centroid`, or a classifier of scikit-learn that skl2onnx converts); the extra is not
        installed; the graph answers otherwise than the router.
    """
    if plan.router is None:
        raise InputError("the target 'onnx' holds the head of a router, and the plan has none")
    skl2onnx, runtime = require("skl2onnx", EXTRA), require("onnxruntime", EXTRA)
    router = plan.router.resolve()
    encoder, head = _steps(router)
    rows, expected = _compared(plan, router, encoder)
    graph = _convert(skl2onnx, head, rows.shape[1])
    session = runtime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    labels = session.run(["label"], {"rows": rows})[0]
    differ = np.flatnonzero(labels.astype(str) != expected)
    if len(differ):
        raise InputError(
            f"the ONNX graph of {type(head).__name__} answers otherwise on {len(differ)} of "
            f"{len(rows)} prompts: nothing is exported"
        )
    classes = [str(name) for name in head.classes_.tolist()]
    facts = {
        "format": 1,
        "encoder": plan.router.encoder,
        "width": rows.shape[1],
        "classes": classes,
        "groups": {name: group_of_route(plan, name) for name in classes},
        "default": plan.default,
        "compared_on_prompts": len(rows),
    }
    (folder / "head.onnx").write_bytes(graph)
    text = json.dumps(facts, indent=1, ensure_ascii=False)
    (folder / "head.json").write_text(text + "\n", encoding="utf-8")
    return [
        f"the encoder {plan.router.encoder!r}: head.onnx takes its vectors, {rows.shape[1]} "
        "numbers of float32 per prompt",
        "everything around the choice of a route: budgets, fallbacks, retries, cooldowns, splits",
    ]


def _steps(router: Any) -> tuple[Any, Any]:
    steps = [step for _, step in getattr(router, "steps", [])]
    if len(steps) != 2:
        names = " -> ".join(type(step).__name__ for step in steps) or type(router).__name__
        raise InputError(
            f"the target 'onnx' takes a router of an encoder and a head, got {names}: use the "
            "kinds 'linear' or 'centroid' without a space"
        )
    return steps[0], steps[1]


def _compared(plan: Plan, router: Any, encoder: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return rows (n, width) and the router's answers (n,) for the prompts of the plan's labels."""
    prompts = probes(plan, router)
    if not prompts:
        raise InputError(
            "the ONNX graph is compared with the router on prompts, and this encoder asks a "
            "service: set router.labels, whose vectors it has"
        )
    rows = encoder.transform(prompts)
    if sp.issparse(rows):
        raise InputError(
            f"the target 'onnx' takes dense vectors, and {type(encoder).__name__} gives sparse "
            "ones: use an encoder such as 'onnx:<folder>' or 'static:<folder>'"
        )
    return np.asarray(rows, dtype=np.float32), np.asarray(router.predict(prompts)).astype(str)


def _convert(skl2onnx: Any, head: Any, width: int) -> bytes:
    """Return the graph; routelab's linear heads go through an equal model of scikit-learn."""
    from skl2onnx.common.data_types import FloatTensorType

    try:
        model = skl2onnx.convert_sklearn(
            _equal(head),
            "routelab head",
            [("rows", FloatTensorType([None, width]))],
            target_opset=_OPSETS,
            options={"zipmap": False},
        )
    except (RuntimeError, NameError, ValueError, TypeError) as error:  # skl2onnx's own are these
        raise InputError(
            f"skl2onnx does not convert the head {type(head).__name__}: {error}"
        ) from error
    for output, name in zip(model.graph.output, ("label", "probabilities"), strict=True):
        _rename(model.graph, output.name, name)
    return bytes(model.SerializeToString())


def _rename(graph: Any, old: str, new: str) -> None:
    for node in graph.node:
        node.output[:] = [new if name == old else name for name in node.output]
        node.input[:] = [new if name == old else name for name in node.input]
    for output in graph.output:
        output.name = new if output.name == old else output.name


def _equal(head: Any) -> Any:
    """Return a classifier of scikit-learn with the answers and shares of a linear head.

    Rows have length one, so that a cosine is a product with the centroid.
    """
    if isinstance(head, LogisticHead):
        return _logistic(head.classes_, head.coef_.T, head.intercept_)
    plain = isinstance(head, CentroidHead) and head.threshold is None
    if plain and len(head.codes_) == len(head.classes_):
        scores = head.sharpness * head.centroids_
        return _logistic(head.classes_, scores, np.zeros(len(head.codes_)))
    if type(head).__module__.startswith("sklearn."):
        return head
    settings = " with a threshold or several centroids" if isinstance(head, CentroidHead) else ""
    raise InputError(
        f"the head {type(head).__name__}{settings} has no ONNX form: use the kinds 'linear' or "
        "'centroid', or a classifier of scikit-learn"
    )


def _logistic(classes: np.ndarray, coef: Any, intercept: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression

    weights = coef.toarray() if sp.issparse(coef) else np.asarray(coef, dtype=float)
    if len(classes) == 2:  # scikit-learn keeps the difference
        weights, intercept = weights[1:] - weights[:1], intercept[1:] - intercept[:1]
    model = LogisticRegression()
    model.classes_, model.coef_, model.intercept_ = classes.astype(str), weights, intercept
    model.n_features_in_ = weights.shape[1]
    return model
