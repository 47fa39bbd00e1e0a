"""The config in use beside the export: what changes, and no secret of it anywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from routelab import InputError, ui
from routelab.exporters import lint
from routelab.ui._export_diff import LINES_COMPARED, changes, normalised, text_diff
from routelab.ui._export_in_use import LARGEST, read_in_use
from routelab.ui._export_mask import masked, masked_text

from .conftest import HOSTILE, html_of

SECRET = "hunter2-of-the-team"
CONFIG = f"""\
# the old one was {SECRET}
model_list:
- model_name: strong
  litellm_params: {{model: openai/dear, api_key: &mine {SECRET}, timeout: 60}}
  model_info: {{id: strong/dear}}
- model_name: gone
  litellm_params:
    model: azure/ü  # {SECRET}
    api_key: os.environ/AZURE
router_settings:
  num_retries: 2
  fallbacks: [{{strong: [gone]}}]
  retri_policy: *mine
environment_variables:
  ANYTHING: {SECRET}
general_settings:
  master_key: >
    {SECRET}
    in two lines
  database_url: postgres://me:{SECRET}@db/x
"""


def held(widget):
    """Return all that a widget and its children hold and send."""
    own = [str({k: v for k, v in widget.get_state().items() if k != "_esm"})]
    return "\n".join(own + [held(child) for child in getattr(widget, "children", ())])


def uploaded(panel, content, name="config.yaml"):
    panel.in_use.upload.value = (
        {"name": name, "type": "", "size": len(content), "content": memoryview(content),
         "last_modified": datetime.now(UTC)},
    )  # fmt: skip
    panel.in_use.job.join(30)


@pytest.fixture
def panel(plan):
    return ui.export(plan)


def test_no_secret_of_an_uploaded_config_is_shown_or_kept(panel):
    uploaded(panel, CONFIG.encode())
    assert panel.in_use.upload.value == ()
    assert SECRET not in held(panel) and "hunter2" not in held(panel)
    assert SECRET not in str(panel.in_use.in_use) and SECRET not in str(panel.session.__dict__)
    text = panel.in_use.view.text.splitlines()
    assert len(text) == len(CONFIG.splitlines())
    assert text[7] == "    model: azure/ü" and text[8] == "    api_key: os.environ/AZURE"
    assert panel.in_use.in_use.data["router_settings"]["retri_policy"] == "[hidden]"


def test_what_lint_says_of_it_has_the_lines_of_the_file(panel, tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG, encoding="utf-8")
    found = lint(tmp_path / "config.yaml")
    uploaded(panel, CONFIG.encode())
    assert [line for line, _, _ in panel.in_use.view.found] == [f.line for f in found]
    assert f"{len(found)} findings by lint in it" in panel.in_use.status.text


def test_a_plugin_that_cannot_be_beside_an_upload_is_only_a_note(panel, plan, tmp_path):
    config = {"model_list": [], "litellm_settings": {"callbacks": ["routelab_plugin.hook"]}}
    uploaded(panel, yaml.safe_dump(config).encode())
    (found,) = [each for each in panel.in_use.view.found if "RL206" in each[2]]
    assert found[1] == "note" and "this panel has the config alone" in found[2]
    assert panel.in_use.name.value == "in use: config.yaml"


def test_what_changes_is_told_in_words_and_line_by_line(panel):
    uploaded(panel, CONFIG.encode())
    words = "\n".join(panel.in_use.words)
    assert "model removed: azure/ü of gone: azure/ü" in words
    assert "model added: cheap/fair of cheap: azure/fair" in words
    assert "model changed: strong/dear of strong: api_key: [hidden] to os.environ/" in words
    assert "fallbacks changed: strong: gone to cheap" in words
    assert "setting changed: router_settings.num_retries: 2 to 0" in words
    assert "setting removed: environment_variables.ANYTHING: [hidden]" in words
    new = yaml.safe_load(panel.result.files["config.yaml"])
    assert panel.in_use.diff == text_diff(panel.in_use.in_use.data, masked(new))
    assert "-  num_retries: 2" in panel.in_use.diff and "+  num_retries: 0" in panel.in_use.diff
    assert f"{len(panel.in_use.words)} changes from config.yaml" in panel.in_use.status.text


def test_the_export_itself_as_config_in_use_changes_nothing(panel, tmp_path):
    (tmp_path / "mine.yml").write_bytes(panel.result.files["config.yaml"])
    assert panel.compare_with(tmp_path / "mine.yml") == [] and panel.in_use.diff == []
    assert panel.in_use.status.text.startswith("0 changes from mine.yml")


def test_the_difference_follows_the_plan_and_the_target(panel, tmp_path):
    (tmp_path / "mine.yml").write_bytes(panel.result.files["config.yaml"])
    panel.compare_with(tmp_path / "mine.yml")
    area = panel.editor.area
    area.value = area.value.replace("num_retries: 0", "num_retries: 3")
    panel.wait(30)
    assert panel.in_use.words == ["setting changed: router_settings.num_retries: 0 to 3"]
    panel.target.value = "plan"
    panel.wait(30)
    assert panel.in_use.words == [] and "Choose the target" in panel.in_use.status.text
    panel.target.value = "litellm"
    panel.wait(30)
    assert len(panel.in_use.words) == 1


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"x" * (LARGEST + 1), "c.yaml", "at most 5 MB"),
        (b"a: 1", "c.json", "no .yaml or .yml file"),
        (b"\xff\xfe", "c.yaml", "not UTF-8"),
        (b"a: [", "c.yaml", "is no YAML that can be read"),
        (b"- a", "c.yaml", "is no mapping"),
        (b"", "c.yaml", "is no mapping"),
    ],
)
def test_what_cannot_be_compared_is_said_beside_the_button(panel, content, name, told):
    uploaded(panel, content, name)
    assert told in panel.in_use.status.text and panel.in_use.words == []
    assert panel.status.text.startswith("litellm:")


def test_a_file_that_is_no_yaml_is_not_shown(panel):
    uploaded(panel, f"api_key: {SECRET}\na: [".encode())
    assert panel.in_use.view.text == "" and panel.in_use.view.found[0][1] == "error"
    assert SECRET not in held(panel)


def test_hostile_configs_reach_no_html(panel):
    config = {"model_list": [{"model_name": HOSTILE, "litellm_params": {"model": HOSTILE}}],
              HOSTILE: HOSTILE,
              "router_settings": {"fallbacks": [{HOSTILE: [HOSTILE]}]}}  # fmt: skip
    uploaded(panel, yaml.safe_dump(config).encode(), f"{HOSTILE}.yaml")
    assert "&lt;img" in panel.in_use.told.value and "<img" not in html_of(panel)


@pytest.mark.parametrize(
    "config",
    [
        {"model_list": {"a": 1}, "router_settings": [1]},
        {
            "model_list": [1, {"litellm_params": [1]}, {}],
            "router_settings": {"fallbacks": {"a": 1}},
        },
        {1: 2, None: 3, 2.5: [None], "router_settings": {"fallbacks": ["a"]}},
    ],
)
def test_configs_of_any_shape_are_compared(config):
    words = changes(config, {"router_settings": {"num_retries": 1}})
    assert any("num_retries" in word for word in words)
    assert text_diff(config, {})


def test_order_and_spelling_are_no_difference():
    one = {"model_list": [{"model_name": "a"}, {"model_name": "b"}], "x": {"p": 1.0, "q": [1]}}
    other = {"x": {"q": [1], "p": 1}, "model_list": [{"model_name": "b"}, {"model_name": "a"}]}
    assert normalised(one) == normalised(other)
    assert changes(one, other) == [] and text_diff(one, other) == []


def test_two_entries_of_the_same_name_are_two_models():
    twice = {"model_list": [{"model_name": "a", "litellm_params": {"model": "m"}}] * 2}
    once = {"model_list": twice["model_list"][:1]}
    assert changes(twice, once) == ["model removed: m of a (2): m"]


def test_long_differences_are_cut_and_counted():
    large = {"model_list": [{"model_name": f"g{i}"} for i in range(2_000)]}
    lines = text_diff(large, {})
    assert len(lines) == 1_001 and lines[-1].endswith("more lines)")
    words = changes(large, {})
    assert len(words) == 41 and words[-1] == "and 1,960 more changes"
    huge = {"a": list(range(LINES_COMPARED + 1))}
    assert "are compared" in text_diff(huge, {})[0]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: 1 # x\n", "a: 1\n"),
        ("a: '#no'\n", "a: '#no'\n"),
        ("password: |\n  one\n  two\nb: 1\n", "password: *\n*****\n*****\nb: 1\n"),
        ("x: &k abcdef\nx_token: *k\n", "x: *********\nx_token: *k\n"),
        ("token: 12345678\n", "token: ********\n"),
        ("u: http://a:bcdefgh@c\r\nv: 1\r\n", "u: http***c\nv: 1\n"),
    ],
)
def test_a_text_without_secrets_keeps_its_lines(text, shown):
    assert masked_text(text) == shown


def test_prices_and_limits_are_no_secrets():
    plain = {"input_cost_per_token": 1e-6, "max_tokens": 5, "cache_read_input_token_cost": 2e-6,
             "keywords": ["proof"]}  # fmt: skip
    assert masked(plain) == plain


def test_a_file_of_5_mb_is_no_reading_of_more():
    with pytest.raises(InputError, match="at most 5 MB"):
        read_in_use(b" " * (LARGEST + 1), "x.yaml")
