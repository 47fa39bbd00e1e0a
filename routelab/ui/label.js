// The labelling box: a prompt (as text, never as HTML), a button per label, keys 1-9, s, u.
function render({ model, el }) {
  const make = (tag, style, parent) => {
    const node = document.createElement(tag);
    node.style.cssText = style;
    parent.appendChild(node);
    return node;
  };
  const root = make("div", "border:1px solid var(--jp-border-color1,#999);border-radius:4px;" +
    "padding:.8em;max-width:900px;color:var(--jp-content-font-color1,inherit)", el);
  root.className = "rl-label";
  root.tabIndex = 0;
  root.dataset.lmSuppressShortcuts = "true";  // JupyterLab's own keys stay out
  root.setAttribute("role", "application");
  root.setAttribute("aria-label", model.get("asks") ? "Label prompts: keys 1 to 9, s to skip, u to undo"
    : "Add to labels: keys 1 to 9, u to undo");
  const why = make("div", "font-size:.85em;opacity:.8", root);
  why.setAttribute("role", "status");
  const text = make("pre", "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;height:6em;" +
    "overflow:auto;resize:vertical;margin:.5em 0;padding:.4em .6em;font-size:1.05em;border-radius:3px;" +
    "background:var(--jp-layout-color2,transparent);color:inherit", root);
  text.className = "rl-prompt";
  text.tabIndex = 0;  // a long prompt is scrolled by keyboard; the keys of the box go on there
  text.setAttribute("aria-live", "polite");
  const bar = make("progress", "width:100%;height:6px", root);
  bar.max = 1;
  bar.setAttribute("aria-label", "share of prompts labelled");
  text.hidden = bar.hidden = !model.get("asks");
  const row = make("div", "display:flex;flex-wrap:wrap;gap:.4em;margin-top:.5em", root);
  // Which prompt was shown goes along: Python leaves alone what was meant for one before.
  const ask = (what) => {
    why.textContent = model.get("told");  // and no longer what a key without a label was told
    model.send({ ...what, shown: model.get("shown") });
  };
  const button = (name, what) => {
    const node = make("button", "padding:.3em .8em;cursor:pointer", row);
    node.textContent = name;
    node.addEventListener("click", (event) => {
      if (event.detail < 2) ask(what);  // a double click is one press
      root.focus();
    });
  };
  const buttons = () => {
    row.replaceChildren();
    model.get("labels").forEach((name, i) => button(`${i + 1} ${name}`, { do: "label", number: i }));
    if (model.get("asks")) button("s skip", { do: "skip" });
    button("u undo", { do: "undo" });
  };
  const show = () => {
    text.textContent = model.get("prompt");
    why.textContent = model.get("told");
    bar.value = model.get("done");
  };
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (el.closest(".jupyter-widgets-disconnected")) return; // nobody would keep the label
    const number = "123456789".indexOf(event.key);
    const press = (what) => { if (!event.repeat) ask(what); };  // a held key is one press
    if (event.key.length === 1 && number >= 0 && number < model.get("labels").length) {
      press({ do: "label", number });
    } else if (event.key.length === 1 && number >= 0) {
      why.textContent = `There is no label ${number + 1}: labels have the keys 1 to ${model.get("labels").length}.`;
    } else if (event.key === "s" && model.get("asks")) {
      press({ do: "skip" });
    } else if (event.key === "u") {
      press({ do: "undo" });
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change", show);
  model.on("change:labels", buttons);
  buttons();
  show();
}
export default { render };
