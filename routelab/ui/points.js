// Clicks on the picture beside this widget, as shares of its width and height.
function render({ model, el }) {
  const clicked = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    model.send({ do: "point", x: (event.clientX - box.left) / box.width,
                 y: (event.clientY - box.top) / box.height });
  };
  let image = null;
  const find = () => {
    const found = el.closest(".rl-points")?.querySelector("img");
    if (!found || found === image) return;
    image?.removeEventListener("click", clicked);
    image = found;
    image.addEventListener("click", clicked);
    image.style.cursor = "crosshair";
  };
  const waiting = setInterval(find, 300);  // the picture appears before or after this widget
  return () => { clearInterval(waiting); image?.removeEventListener("click", clicked); };
}
export default { render };
