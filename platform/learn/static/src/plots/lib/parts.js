// What the interactive figures are built from: elements without inline styles, and words by language.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat());
  return node;
}

export const html = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) => build(document.createElementNS(SVG, tag), attributes, children);

// The words of the figure's language: `data-lang` where the lesson says one, else that of the text around it.
export function inLanguage(words, element, data) {
  const lang = data.lang || element.closest("[lang]")?.lang || "en";
  return lang.toLowerCase().startsWith("zh") ? words["zh-hans"] : words.en;
}

let names = 0;

// A slider with its label; `read` turns its position into the value, `show` the value into words.
export function slider({ label, min, max, step, value, show, input }) {
  const id = `plot-slider-${(names += 1)}`;
  const shown = html("output", { for: id, class: "plot-value" });
  const range = html("input", { type: "range", id, min, max, step, value });
  const changed = () => {
    const words = show(Number(range.value));
    shown.textContent = words;
    range.setAttribute("aria-valuetext", words);
    input(Number(range.value));
  };
  range.addEventListener("input", changed);
  const set = (position) => {
    range.value = position;
    changed();
  };
  return { node: html("div", { class: "plot-slider" }, html("label", { for: id }, label), range, shown), set };
}

export function checkbox(label, checked, change) {
  const box = html("input", { type: "checkbox" });
  box.checked = checked;
  box.addEventListener("change", () => change(box.checked));
  return html("label", { class: "plot-choice" }, box, html("span", {}, label));
}

export function button(label, press) {
  const node = html("button", { type: "button", class: "plot-button" }, label);
  node.addEventListener("click", press);
  return node;
}
