"""Bundles: the same decisions elsewhere and later, the same bytes, nothing half written."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from routelab import InputError, Plan, RoutelabError, export, load_bundle, make_router, save_bundle
from routelab.exporters import BundleVersionWarning, bundle
from routelab.exporters._bundle_manifest import manifest_bytes

from .conftest import LABELS, MODELS, PROMPTS, ROUTES

KEPT = Path(__file__).parent / "bundles"
ASK = ["a poem on snow", "fix my python", "solve x squared"]
ELSEWHERE = """
import json, sys
from routelab import Plan, load_bundle, make_router, save_bundle
folder, (prompts, labels, ask, models, routes) = sys.argv[1], json.loads(sys.argv[2])
router = make_router("centroid").fit(prompts, labels)
plan = Plan(models=models, default="cheap", router=router, routes=routes)
for name in ("b", "b.zip"):
    save_bundle(f"{folder}/again-{name}", plan=plan)
    loaded = load_bundle(f"{folder}/{name}")
    print(json.dumps([loaded.router.predict(ask).tolist(), loaded.plan.routes]))
"""


def bytes_of(path):
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name.removeprefix("again-"): file.read_bytes() for file in files}


def test_another_process_decides_the_same_and_writes_the_same_bytes(tmp_path, router, root):
    plan = Plan(models=MODELS, default="cheap", router=router, routes=ROUTES)
    for name in ("b", "b.zip"):
        save_bundle(tmp_path / name, plan=plan)
    given = json.dumps([PROMPTS, LABELS, ASK, MODELS, ROUTES])
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(tmp_path), given],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
    )
    expected = [router.predict(ASK).tolist(), ROUTES]
    assert [json.loads(line) for line in done.stdout.splitlines()] == [expected, expected]
    for name in ("b", "b.zip"):
        assert bytes_of(tmp_path / name) == bytes_of(tmp_path / f"again-{name}")


def test_a_bundle_that_was_kept_decides_as_it_did(tmp_path):
    """`format-1` was written by routelab 0.1.0: kind linear, PROMPTS and LABELS of conftest."""
    kept = json.loads((KEPT / "format-1.json").read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BundleVersionWarning)  # of whatever scikit-learn is here
        loaded = load_bundle(KEPT / "format-1.zip")
    assert loaded.router.predict(kept["prompts"]).tolist() == kept["answers"]
    found = loaded.router.predict_proba(kept["prompts"])
    np.testing.assert_allclose(found, kept["proba"], atol=2e-6)
    assert (loaded.plan.name, loaded.plan.routes) == ("kept", ROUTES)
    assert loaded.manifest["format"] == 1


def test_the_plan_of_a_bundle_uses_the_bundled_router(plan, tmp_path):
    save_bundle(tmp_path / "b", plan=plan)
    loaded = load_bundle(tmp_path / "b")
    assert loaded.plan.router.resolve() is loaded.router
    assert loaded.plan.budgets == plan.budgets
    assert loaded.plan.router.file is None  # the folder of a zip is gone


def test_the_plan_of_a_bundle_is_exported_with_its_router(plan, tmp_path):
    path = save_bundle(tmp_path / "b.zip", plan=plan)
    export(load_bundle(path).plan, target="plan", directory=tmp_path / "p")
    again = Plan.from_yaml(tmp_path / "p" / "plan.yaml")
    expected = plan.router.resolve().predict(ASK).tolist()
    assert again.router.resolve().predict(ASK).tolist() == expected


def test_a_plan_alone_and_a_router_alone(router, tmp_path):
    path = save_bundle(tmp_path / "r.zip", router=router)
    assert load_bundle(path).plan is None
    plain = Plan(models={"a": "gpt-4o"}, default="a")
    loaded = load_bundle(save_bundle(tmp_path / "p", plan=plain))
    assert (loaded.plan, loaded.router) == (plain, None)
    with pytest.raises(InputError, match="nothing was given"):
        save_bundle(tmp_path / "n.zip")


@pytest.mark.parametrize("name", ["b", "b.zip"])
def test_what_exists_is_kept_without_force(router, tmp_path, name):
    path = save_bundle(tmp_path / name, router=router)
    with pytest.raises(InputError, match="exists already"):
        save_bundle(path, router=router)
    save_bundle(path, plan=Plan(models={"a": "gpt-4o"}, default="a"), force=True)
    assert load_bundle(path).router is None


@pytest.mark.parametrize("name", ["b", "b.zip"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
def test_a_full_disk_or_an_interrupt_leaves_the_old_bundle(
    router, tmp_path, monkeypatch, name, error
):
    path = save_bundle(tmp_path / name, router=router)
    before = bytes_of(path)

    def fails(folder):
        (folder / "manifest.json").write_text("half")
        raise error

    monkeypatch.setattr(bundle, "write_manifest", fails)
    kind = RoutelabError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(kind) as raised:
        save_bundle(path, plan=Plan(models={"a": "gpt-4o"}, default="a"), force=True)
    if kind is RoutelabError:
        assert f"{name}' could not be written, nothing there was changed" in str(raised.value)
    assert bytes_of(path) == before
    assert os.listdir(tmp_path) == [name]


def with_version(path, package, version):
    """Rewrite the manifest as if the bundle had been written with another version."""
    fields = json.loads((path / "manifest.json").read_text())
    del fields["sha256"]
    fields["versions"][package] = version
    (path / "manifest.json").write_bytes(manifest_bytes(fields))


def test_another_minor_version_of_scikit_learn_is_one_warning(router, tmp_path):
    path = save_bundle(tmp_path / "b", router=router)
    with_version(path, "scikit-learn", "1.2.3")
    with pytest.warns(
        BundleVersionWarning, match=r"written with scikit-learn 1\.2\.3, read"
    ) as told:
        loaded = load_bundle(path)
    assert len(told) == 1
    assert loaded.router.predict(ASK).tolist() == router.predict(ASK).tolist()


def test_another_version_of_anything_else_is_no_warning(router, tmp_path):
    path = save_bundle(tmp_path / "b", router=router)
    patch = load_bundle(path).manifest["versions"]["scikit-learn"].split(".")
    with_version(path, "scikit-learn", ".".join([*patch[:2], "99"]))
    with_version(path, "routelab", "9.9")
    assert load_bundle(path).router is not None  # a warning would be an error here


def test_estimators_of_scikit_learn_do_not_warn_for_themselves(tmp_path, monkeypatch):
    """LogisticRegression stores its version: another one warns in scikit-learn's own words."""
    from sklearn import base
    from sklearn.linear_model import LogisticRegression

    estimator = LogisticRegression().fit([[0.0], [1.0]], ["a", "b"])
    monkeypatch.setattr(base, "__version__", "1.2.3")
    path = save_bundle(tmp_path / "b", router=estimator)
    monkeypatch.undo()
    assert load_bundle(path).router.predict([[1.0]]).tolist() == ["b"]


def test_a_router_that_other_versions_cannot_read_says_so(router, tmp_path):
    path = save_bundle(tmp_path / "b", router=router)
    (path / "router.skops").write_bytes(b"PK")
    (path / "manifest.json").unlink()
    bundle.write_manifest(path)
    with_version(path, "scikit-learn", "9.0")
    with pytest.raises(InputError, match=r"b': router\.skops: .*\(written with scikit-learn 9\.0"):
        load_bundle(path)


def test_the_zip_is_stored_so_that_its_bytes_depend_on_its_files_alone(router, tmp_path):
    path = save_bundle(tmp_path / "b.zip", router=router)
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["manifest.json", "router.skops"]
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}


def test_only_fitted_routers_can_be_described():
    from sklearn.exceptions import NotFittedError

    from routelab.routers import describe_router

    with pytest.raises(InputError, match="an estimator with predict"):
        describe_router("centroid")
    with pytest.raises(NotFittedError):
        describe_router(make_router("centroid"))
