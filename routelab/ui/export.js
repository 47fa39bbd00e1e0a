// A file that is read: its text, what was found in it by line, copy and download.
function make(tag, name, parent, told) {
  const node = document.createElement(tag);
  node.className = name;
  if (told !== undefined) node.textContent = told;
  parent.appendChild(node);
  return node;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) { // no permission, or a page without https
    return false;
  }
}

function save(name, bytes) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Select a line of a text area, and bring it into the middle: also what is read aloud then.
function go(area, number) {
  const lines = area.value.split("\n");
  const place = Math.min(Math.max(number, 1), lines.length) - 1;
  const start = lines.slice(0, place).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, start + lines[place].length);
  const height = parseFloat(getComputedStyle(area).lineHeight) || 16;
  area.scrollTop = Math.max(0, place * height - area.clientHeight / 2);
  area.scrollLeft = 0;
  area.scrollIntoView({ block: "nearest" });
}

function render({ model, el }) {
  const root = make("div", "rl-file", el);
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the arrow keys
  const row = make("div", "rl-file-tools", root);
  const told = make("span", "rl-file-told", row);
  told.setAttribute("role", "status");
  let area = null;
  if (!model.get("target")) {
    area = make("textarea", "rl-file-text", root);
    area.readOnly = true;
    area.rows = model.get("rows");
    area.wrap = "off";
    area.spellcheck = false;
  }
  const heading = make("div", "rl-file-heading", root);
  const list = make("ul", "rl-file-found", root);
  const say = (text) => {
    told.textContent = text;
    setTimeout(() => { if (told.textContent === text) told.textContent = ""; }, 4000);
  };
  const buttons = Object.entries(model.get("actions")).map(([name, text]) => {
    const button = make("button", "jupyter-button lm-Widget", row, text);
    button.type = "button";
    button.addEventListener("click", () => { button.disabled = true; model.send({ do: name }); });
    row.insertBefore(button, told);
    return button;
  });
  const text = () => {
    if (!area) return;
    area.setAttribute("aria-label", model.get("label"));
    if (area.value !== model.get("text")) area.value = model.get("text");
  };
  const found = () => {
    list.setAttribute("aria-label", model.get("heading"));
    list.replaceChildren();
    const any = model.get("found").length > 0;
    heading.textContent = any ? `${model.get("heading")} (${model.get("found").length})` : "";
    list.classList.toggle("rl-none", !any);
    if (any) list.tabIndex = 0; // it scrolls
    else list.removeAttribute("tabindex");
    model.get("found").forEach(([line, severity, what]) => {
      const item = make("li", `rl-${severity}`, list);
      const button = make("button", "rl-go", item, `Go to line ${line}`);
      button.type = "button";
      button.addEventListener("click", () => {
        const panel = el.closest(".rl-panel") ?? document;
        const there = area ?? panel.querySelector(`${model.get("target")} textarea`);
        if (there) go(there, line);
      });
      make("span", "", item, ` ${severity}: ${what}`);
    });
  };
  model.on("msg:custom", async (message, buffers) => {
    buttons.forEach((button) => { button.disabled = false; });
    if (message.text !== undefined) {
      say(await copy(message.text) ? "copied" : "the browser refused: select the text and copy it");
    } else if (message.name !== undefined) {
      save(message.name, buffers[0]);
      say(`downloaded ${message.name}`);
    }
  });
  model.on("change:text", text);
  model.on("change:label", text);
  model.on("change:found", found);
  model.on("change:heading", found);
  text();
  found();
}
export default { render };
