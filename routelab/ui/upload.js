// A file, sent in parts: Jupyter drops a message of more than 10 MB, and the connection, in silence.
const PART = 2 * 1024 * 1024;

function render({ model, el }) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = model.get("accept");
  input.hidden = true;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "jupyter-button lm-Widget";
  button.textContent = model.get("label");
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    const { name, size } = file;
    const sent = Math.min(size, model.get("largest"));  // of a larger file nothing: it is refused
    for (let at = 0; at < sent || at === 0; at += PART) {
      const part = size > sent ? new ArrayBuffer(0) : await file.slice(at, at + PART).arrayBuffer();
      model.send({ do: "part", name, size, at }, undefined, [part]);
      if (size > sent) break;
    }
    input.value = "";
  });
  const busy = () => { button.disabled = model.get("busy"); };
  busy();
  model.on("change:busy", busy);
  el.append(button, input);
  return () => model.off("change:busy", busy);
}
export default { render };
