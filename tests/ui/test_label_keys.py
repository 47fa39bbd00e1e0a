"""The script of the labelling box in Node, on a page that is only pretended."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from routelab.ui import _keys

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
SCRIPT = Path(_keys.__file__).with_name("label.js").read_text(encoding="utf-8")
#: A page and a model that do what the script needs, and no more; `told` is what the box says.
PAGE = """
class Node {
  constructor() { this.style = {}; this.dataset = {}; this.children = []; this.heard = {}; }
  appendChild(node) { this.children.push(node); }
  replaceChildren() { this.children = []; }
  setAttribute() {}
  addEventListener(name, act) { this.heard[name] = act; }
  focus() {}
  closest() { return null; }
}
const document = { createElement: () => new Node() };
const state = { prompt: "a", labels: ["easy", "hard"], told: "why", done: 0, asks: true, shown: 1 };
const sent = [];
const acts = {};
const model = {
  get: (name) => state[name],
  on: (name, act) => { acts[name] = act; },
  send: (content) => sent.push(content),
};
const change = (values) => { Object.assign(state, values); acts.change(); };
const el = new Node();
render({ model, el });
const root = el.children[0];
const why = root.children[0];
const row = root.children[3];
const press = (key, repeat = false) => root.heard.keydown(
  { key, repeat, preventDefault() {}, stopPropagation() {} });
const click = (at, detail) => row.children[at].heard.click({ detail });
"""


def run(code: str) -> list:
    """Return what code on the page puts into `out`."""
    plain = SCRIPT.replace("export default", "const given =")
    program = f"{plain}\n{PAGE}\nlet out = sent;\n{code}\nconsole.log(JSON.stringify(out));"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, check=True, timeout=60
    )
    return json.loads(done.stdout)


def test_each_message_says_which_prompt_was_shown():
    sent = run('press("2"); change({shown: 2}); press("s"); click(0, 1); press("u");')
    assert sent == [
        {"do": "label", "number": 1, "shown": 1},
        {"do": "skip", "shown": 2},
        {"do": "label", "number": 0, "shown": 2},
        {"do": "undo", "shown": 2},
    ]


def test_a_held_key_is_one_press():
    held = "for (let i = 1; i < 12; i++) { press(key, true); change({shown: i}); }"
    sent = run(f'for (const key of ["1", "s", "u"]) {{ press(key); {held} }}')
    assert [content["do"] for content in sent] == ["label", "skip", "undo"]


def test_a_double_click_is_one_press():
    sent = run("click(0, 1); change({shown: 2}); click(0, 2); click(1, 1); click(1, 0);")
    assert [content["number"] for content in sent] == [0, 1, 1]  # 0: a button pressed by keyboard


def test_what_a_key_without_a_label_is_told_goes_with_the_next_press_or_prompt():
    note = "out.push(why.textContent.slice(0, 19));"
    told = run(
        f'out = []; press("9"); {note} press("1"); {note}'
        f'press("9"); {note} change({{shown: 2}}); {note}'
    )
    assert told == ["There is no label 9", "why"] * 2
