// What ipywidgets lacks: the clipboard, names for sliders and pictures, arrow keys in lists.
async function copy(text, el) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch (error) { // no permission, or a page without https
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    el.appendChild(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function name(panel, alt) {
  panel.querySelectorAll("img").forEach((image) => { if (image.alt !== alt) image.alt = alt; });
  panel.querySelectorAll(".rl-number").forEach((row) => {
    const label = row.querySelector(".widget-label")?.textContent ?? "";
    row.querySelectorAll("[role=slider]").forEach((handle) => {
      if (handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
    });
  });
  // JupyterLab and Notebook 7 take the arrow keys of all that is no text field, to move between cells.
  panel.querySelectorAll("select, [role=slider]").forEach((control) => {
    control.dataset.lmSuppressShortcuts = "true";
  });
  panel.querySelectorAll(".widget-hprogress .progress").forEach((bar) => {
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", "progress");
  });
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button lm-Widget rl-copy";
  button.textContent = "Copy as code";
  button.title = "Copy a script that makes this picture and its numbers again";
  button.addEventListener("click", () => { button.disabled = true; model.send({ do: "code" }); });
  el.appendChild(button);
  const told = document.createElement("span");
  told.className = "rl-copied";
  told.setAttribute("role", "status");
  el.appendChild(told);
  model.on("msg:custom", async (message) => {
    button.disabled = false;
    if (message.code === undefined) return;
    const done = await copy(message.code, el);
    told.textContent = done ? "copied" : "the browser refused: see the code below";
    if (!done) model.send({ do: "show" });
    setTimeout(() => { told.textContent = ""; }, 4000);
  });
  const again = () => {
    const panel = el.closest(".rl-panel");
    if (panel) name(panel, model.get("alt"));
  };
  // The rest of the panel appears before or after this widget, and changes with it.
  const watcher = new MutationObserver(again);
  const watch = () => {
    const panel = el.closest(".rl-panel");
    if (!panel) return false;
    again();
    watcher.observe(panel, { childList: true, subtree: true });
    return true;
  };
  const waiting = setInterval(() => { if (watch()) clearInterval(waiting); }, 100);
  model.on("change:alt", again);
  return () => { clearInterval(waiting); watcher.disconnect(); };
}
export default { render };
