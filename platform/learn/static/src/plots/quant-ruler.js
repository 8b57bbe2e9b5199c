// A ruler for sixteen numbers: how wide its steps become when one of them is an outlier, and what that
// costs the others.

import { checkbox, html, inLanguage, slider, svg } from "./lib/parts.js";

// Fifteen draws of a normal distribution with standard deviation 0.4, sorted. The sixteenth is the slider's.
const VALUES = [-0.83, -0.61, -0.47, -0.36, -0.29, -0.19, -0.08, -0.02, 0.05, 0.13, 0.24, 0.31, 0.42, 0.58, 0.77];
const WIDEST = 1.05; // what the drawing shows, either side of zero

const WORDS = {
  en: {
    chart: "Fifteen numbers between −0.83 and 0.77 above a ruler. Lines lead from each number to the mark it is rounded to.",
    outlier: "The sixteenth number",
    bits: "Bits b",
    own: "A scale of its own for the sixteenth",
    shifted: "Zero-point in place of absmax",
    told: (step, codes, error) =>
      `Step ${step}. The fifteen numbers share ${codes} different ${codes === 1 ? "code" : "codes"} and come back with a root mean square error of ${error}.`,
  },
  "zh-hans": {
    chart: "尺子上方有十五个介于 −0.83 与 0.77 之间的数。每个数有一条线连到它被舍入到的刻度。",
    outlier: "第十六个数",
    bits: "位数 b",
    own: "第十六个数单独用一个缩放系数",
    shifted: "用零点量化代替 absmax",
    told: (step, codes, error) => `步长 ${step}。十五个数共用 ${codes} 个不同的编码，还原后的均方根误差为 ${error}。`,
  },
};

// Round half to even, as torch does.
function round(x) {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

export function ruler(numbers, bits, shifted) {
  const top = 2 ** (bits - 1) - 1;
  if (!shifted) return { step: Math.max(...numbers.map(Math.abs)) / top || 1, zero: 0, bottom: -top, top };
  const low = Math.min(0, ...numbers);
  const step = (Math.max(0, ...numbers) - low) / (2 ** bits - 1) || 1;
  return { step, zero: round(-low / step) - top - 1, bottom: -top - 1, top };
}

export function code(value, { step, zero, bottom, top }) {
  return Math.min(top, Math.max(bottom, round(value / step) + zero));
}

const x = (value) => 300 + (value / WIDEST) * 280;
const [NUMBERS, MARKS] = [34, 112];

function drawing(found) {
  const { step, zero, bottom, top } = found;
  const parts = [svg("line", { x1: 10, x2: 590, y1: MARKS, y2: MARKS, stroke: "currentColor", "stroke-width": 1.5 })];
  for (let q = bottom; q <= top; q += 1) {
    const value = step * (q - zero);
    if (Math.abs(value) > WIDEST) continue;
    const half = q === zero ? 12 : 7;
    parts.push(svg("line", { x1: x(value), x2: x(value), y1: MARKS - half, y2: MARKS + half, stroke: "currentColor", "stroke-width": step < 0.02 ? 0.6 : 1.5 }));
    if (step > 0.12) parts.push(svg("text", { x: x(value), y: MARKS + 30, "font-size": 14, "text-anchor": "middle", fill: "var(--quiet, gray)" }, String(q)));
  }
  for (const value of VALUES) {
    const back = step * (code(value, found) - zero);
    parts.push(
      svg("line", { x1: x(value), x2: x(back), y1: NUMBERS, y2: MARKS - 12, stroke: "var(--accent, #c2410c)", "stroke-width": 1.2 }),
      svg("circle", { cx: x(value), cy: NUMBERS, r: 5, fill: "var(--accent, #c2410c)" }),
    );
  }
  return parts;
}

export default function mount(element, data = element.dataset) {
  const words = inLanguage(WORDS, element, data);
  const state = { outlier: 1, bits: 4, own: false, shifted: false };
  const picture = svg("svg", { viewBox: "0 0 600 150", role: "img", "aria-label": words.chart, class: "plot-drawing" });
  const told = html("p", { class: "plot-told", "aria-live": "polite" });

  function show() {
    const sharing = state.own ? VALUES : [...VALUES, state.outlier];
    const found = ruler(sharing, state.bits, state.shifted);
    const codes = VALUES.map((value) => code(value, found));
    const squares = VALUES.map((value, i) => (found.step * (codes[i] - found.zero) - value) ** 2);
    const error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / VALUES.length);
    picture.replaceChildren(...drawing(found));
    told.textContent = words.told(found.step.toPrecision(3), new Set(codes).size, error.toPrecision(2));
  }

  const change = (name) => (value) => {
    state[name] = value;
    show();
  };
  // Positions 0 … 20 stand for 1 … 60 in even ratios.
  const size = (position) => 60 ** (position / 20);
  const outlier = slider({
    label: words.outlier, min: 0, max: 20, step: 1, value: 0,
    show: (position) => size(position).toFixed(1), input: (position) => change("outlier")(size(position)),
  });
  const bits = slider({ label: words.bits, min: 2, max: 8, step: 1, value: 4, show: String, input: change("bits") });
  element.append(
    html("div", { class: "plot-controls" }, outlier.node, bits.node,
      checkbox(words.own, false, change("own")), checkbox(words.shifted, false, change("shifted"))),
    html("div", { class: "plot-scroll" }, picture),
    told,
  );
  outlier.set(0);
  bits.set(4);
}
