// What ipywidgets lacks: the clipboard, names for sliders and pictures, arrow keys in lists, the
// focus where a button was that disabled itself, errors where one looks, and panels that know that
// their kernel has gone.
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

// At a touch the parts of a panel change one after the other: what looks at all of them waits until
// the last one has, and takes no time from the pictures.
function afterwards(look) {
  let waiting = 0;
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 100);
  };
}

function name(panel, alt, titles) {
  panel.querySelectorAll("img.rl-picture").forEach((image, place) => {
    const told = titles[place] ? `${titles[place]}. ${alt}` : alt;
    if (image.alt !== told) image.alt = told;
  });
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
    if (bar.ariaLabel !== "progress") bar.ariaLabel = "progress";
  });
  // An upload counts the files that it holds: ours give theirs away at once.
  panel.querySelectorAll(".widget-upload").forEach((upload) => {
    const text = upload.lastChild;
    if (text?.nodeValue?.endsWith(" (0)")) text.nodeValue = text.nodeValue.slice(0, -4);
  });
}

// A pressed button that disables itself loses the focus, and Tab would start at the page's top. A
// place of no size behind it keeps the focus, and gives it back when the button can be pressed again.
function keepFocus(panel) {
  let last = null;
  let place = null;
  const remember = (event) => { if (event.target !== place) last = event.target; };
  const hold = () => {
    place = document.createElement("span");
    place.className = "rl-place";
    place.tabIndex = -1;
    place.setAttribute("role", "note");
    place.setAttribute("aria-label", `${last.textContent || "This control"}: not available now`);
    place.dataset.lmSuppressShortcuts = "true"; // else letters are commands to the notebook
    const button = last;
    place.addEventListener("blur", (event) => {
      button.classList.remove("rl-held");
      event.target.remove();
      place = null;
    });
    button.after(place);
    place.focus({ preventScroll: true });
    button.classList.toggle("rl-held", place.matches(":focus-visible")); // not for a mouse
  };
  const watcher = new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target !== last) continue;
      const now = document.activeElement;
      if (target.disabled && !place && (now === target || now === document.body)) hold();
      else if (!target.disabled && place && now === place) target.focus({ preventScroll: true });
    }
  });
  // Who clicks elsewhere, even where nothing takes the focus, has left.
  const forget = (event) => { if (!last?.contains(event.target)) last = null; };
  panel.addEventListener("focusin", remember);
  document.addEventListener("pointerdown", forget);
  watcher.observe(panel, { attributes: true, attributeFilter: ["disabled"], subtree: true });
  return () => {
    watcher.disconnect();
    panel.removeEventListener("focusin", remember);
    document.removeEventListener("pointerdown", forget);
  };
}

// An error whose line is out of sight is said beside the control that has the focus, too, until the
// next touch. Screen readers have heard the line itself.
function sayNear(panel) {
  const known = new WeakSet();
  let note = null;
  const forget = () => { note?.remove(); note = null; };
  const inSight = (box) => box.top >= 0 && box.bottom <= window.innerHeight;
  const look = () => {
    for (const line of panel.querySelectorAll("[role=alert].rl-status")) {
      if (known.has(line)) continue;
      known.add(line);
      if (inSight(line.getBoundingClientRect())) continue;
      forget();
      note = document.createElement("div");
      note.className = "rl-near";
      note.setAttribute("aria-hidden", "true");
      note.textContent = line.textContent;
      const control = panel.contains(document.activeElement) ? document.activeElement : panel;
      const box = control.getBoundingClientRect();
      note.style.left = `${Math.max(box.left, 8)}px`;
      if (control !== panel && inSight(box)) note.style.top = `${box.bottom + 4}px`;
      else note.style.bottom = "8px";
      document.body.appendChild(note);
    }
  };
  const watcher = new MutationObserver(afterwards(look));
  const touches = ["keydown", "pointerdown", "wheel"];
  watcher.observe(panel, { childList: true, subtree: true });
  touches.forEach((touch) => document.addEventListener(touch, forget, true));
  return () => {
    watcher.disconnect();
    touches.forEach((touch) => document.removeEventListener(touch, forget, true));
    forget();
  };
}

// Without a kernel nothing answers: what was typed and found can still be read and copied.
function stopControls(panel) {
  panel.querySelectorAll("input, textarea").forEach((field) => { field.readOnly = true; });
  panel.querySelectorAll("button, select, [type=checkbox], [type=radio]").forEach((control) => {
    control.disabled = !control.classList.contains("rl-go");
  });
  panel.querySelectorAll("[role=slider]").forEach((handle) => {
    handle.removeAttribute("tabindex");
    handle.setAttribute("aria-disabled", "true");
  });
}

function watchKernel(panel) {
  const look = () => {
    if (!panel.classList.contains("jupyter-widgets-disconnected")) return;
    watcher.disconnect();
    stopControls(panel);
  };
  const watcher = new MutationObserver(look);
  watcher.observe(panel, { attributes: true, attributeFilter: ["class"] });
  look();
  return () => watcher.disconnect();
}

// In the app the pages of one reader know each other by a cookie, which lives as long as the browser.
function keepReader(reader) {
  if (reader) document.cookie = `routelab-reader=${reader}; path=/; SameSite=Lax`;
}

function render({ model, el }) {
  keepReader(model.get("reader"));
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
  let alt = "";
  const again = () => {
    const panel = el.closest(".rl-panel");
    if (!panel) return;
    alt = panel.querySelector(".rl-said [role=status]")?.textContent ?? alt; // not of an error
    name(panel, alt, model.get("titles"));
  };
  // The rest of the panel appears before or after this widget, and changes with it.
  const watcher = new MutationObserver(afterwards(again));
  const ends = [() => watcher.disconnect()];
  const watch = () => {
    const panel = el.closest(".rl-panel");
    if (!panel) return false;
    again();
    watcher.observe(panel, { childList: true, subtree: true });
    ends.push(keepFocus(panel), watchKernel(panel), sayNear(panel));
    return true;
  };
  const waiting = setInterval(() => { if (watch()) clearInterval(waiting); }, 100);
  model.on("change:titles", again);
  return () => { clearInterval(waiting); ends.forEach((end) => end()); };
}
export default { render };
