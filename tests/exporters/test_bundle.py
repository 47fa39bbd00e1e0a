"""Bundles: the same decisions elsewhere, the same bytes, and refusal of anything changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile

import pytest

from routelab import InputError, load_bundle, save_bundle

ASK = ["a poem on snow", "fix my python", "solve x squared", ""]


@pytest.mark.parametrize("name", ["bundle", "bundle.zip"])
def test_a_bundle_decides_the_same_in_another_process(plan, router, tmp_path, name):
    save_bundle(tmp_path / name, plan=plan)
    code = (
        "import sys, json; from routelab import load_bundle; b = load_bundle(sys.argv[1]);"
        "print(json.dumps([b.router.predict(json.loads(sys.argv[2])).tolist(), b.plan.name]))"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / name), json.dumps(ASK[:3])]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [router.predict(ASK[:3]).tolist(), "everything"]


def test_the_plan_of_a_bundle_uses_the_bundled_router(plan, tmp_path):
    save_bundle(tmp_path / "b", plan=plan)
    loaded = load_bundle(tmp_path / "b")
    assert loaded.plan.router.resolve() is loaded.router
    assert loaded.plan.budgets == plan.budgets


def test_the_same_input_gives_the_same_bytes(plan, tmp_path):
    for name in ("a.zip", "b.zip"):
        save_bundle(tmp_path / name, plan=plan)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_router_alone_and_force(router, tmp_path):
    path = save_bundle(tmp_path / "r.zip", router=router)
    assert load_bundle(path).plan is None
    with pytest.raises(InputError, match="exists already"):
        save_bundle(path, router=router)
    save_bundle(path, router=router, force=True)
    with pytest.raises(InputError, match="nothing was given"):
        save_bundle(tmp_path / "n.zip")


@pytest.fixture
def folder(plan, tmp_path):
    return save_bundle(tmp_path / "bundle", plan=plan)


def test_one_flipped_byte_is_noticed(folder):
    data = bytearray((folder / "router.skops").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "router.skops").write_bytes(data)
    with pytest.raises(InputError, match="router.skops was truncated or changed"):
        load_bundle(folder)


def test_a_missing_or_extra_file_is_noticed(folder):
    (folder / "extra.txt").write_text("x")
    with pytest.raises(InputError, match=r"'extra.txt' is not in the manifest"):
        load_bundle(folder)
    (folder / "extra.txt").unlink()
    (folder / "plan.yaml").unlink()
    with pytest.raises(InputError, match=r"plan.yaml is missing"):
        load_bundle(folder)


def test_a_manifest_that_is_damaged_foreign_or_from_the_future(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 2}))
    with pytest.raises(InputError, match="has format 2, this routelab reads 1"):
        load_bundle(folder)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="manifest is damaged"):
        load_bundle(folder)
    (folder / "manifest.json").unlink()
    with pytest.raises(InputError, match="is no bundle"):
        load_bundle(folder)
    with pytest.raises(InputError, match="does not exist"):
        load_bundle(folder / "none")


def test_names_that_climb_out_are_refused(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../evil.txt", "x")
    with pytest.raises(InputError, match="leaves the bundle"):
        load_bundle(tmp_path / "evil.zip")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../x"] = {"bytes": 1, "sha256": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="leaves the bundle"):
        load_bundle(folder)


def test_a_truncated_zip_is_refused(plan, tmp_path):
    path = save_bundle(tmp_path / "b.zip", plan=plan)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="truncated or no zip"):
        load_bundle(path)


def test_a_type_that_is_not_on_the_list_is_refused(tmp_path):
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    from routelab.routers import load_router

    path = tmp_path / "router.skops"
    path.write_bytes(skops.io.dumps(FunctionTransformer(shutil.rmtree)))
    with pytest.raises(InputError, match="refused"):
        load_router(path)
    path.write_bytes(b"not a zip")
    with pytest.raises(InputError, match="not a stored router"):
        load_router(path)


def test_only_fitted_routers_can_be_described():
    from sklearn.exceptions import NotFittedError

    from routelab import make_router
    from routelab.routers import describe_router

    with pytest.raises(InputError, match="an estimator with predict"):
        describe_router("centroid")
    with pytest.raises(NotFittedError):
        describe_router(make_router("centroid"))
