// One attention head as its mask and its scale change. Rows are queries, columns keys.

import { button, checkbox, html, inLanguage, slider, svg } from "./lib/parts.js";

// q·k of layer 4, head 2 of all-MiniLM-L6-v2 for this sentence, without [CLS] and [SEP]; not yet scaled.
// Made by figures/attention_scores.py beside the lesson.
const TOKENS = ["the", "cat", "slept", "because", "it", "was", "tired"];
const WIDTH = 32;
const PRODUCTS = [
  [17.4, 22.5, 8.7, 1.3, 0.0, -12.4, -18.9],
  [18.9, 10.3, 6.8, -0.3, 5.9, -4.2, -5.0],
  [13.9, 3.7, 12.3, -6.6, 6.3, -10.3, 0.1],
  [12.2, -0.3, 13.0, 2.7, -6.8, 0.5, 9.9],
  [6.4, 17.3, 8.7, -5.0, 0.9, -10.9, 0.6],
  [10.2, 6.5, 10.2, -5.3, 5.2, -4.1, 10.7],
  [4.0, 3.7, 3.8, -14.1, 4.7, -12.1, 3.8],
];

const WORDS = {
  en: {
    chart: "Attention weights in per cent: one row a query, one column a key.",
    scale: "Scale s",
    causal: "Causal: no key after the query",
    keys: "Keys that may be seen",
    query: "Follow the query",
    spread: "keys in use",
    queries: "queries ↓  keys →",
    looks: (query, key, share, spread) =>
      `“${query}” looks most at “${key}”, with ${share} %. It spreads its weight over about ${spread} keys.`,
    nothing: (query) => `“${query}” may look at nothing: its output is zeros.`,
  },
  "zh-hans": {
    chart: "注意力权重（百分比）：每行一个查询，每列一个键。",
    scale: "缩放系数 s",
    causal: "因果：看不到查询之后的键",
    keys: "允许看到的键",
    query: "跟踪查询",
    spread: "在用的键数",
    queries: "查询 ↓  键 →",
    looks: (query, key, share, spread) => `“${query}”最关注“${key}”，占 ${share}%。它的权重大约分散在 ${spread} 个键上。`,
    nothing: (query) => `“${query}”没有任何键可看：它的输出是零。`,
  },
};

// Weights of one query: zeros where nothing is allowed.
export function softmax(scores, allowed) {
  const seen = scores.filter((_, j) => allowed[j]);
  if (!seen.length) return scores.map(() => 0);
  const top = Math.max(...seen);
  const powers = scores.map((score, j) => (allowed[j] ? Math.exp(score - top) : 0));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

// e to the entropy: 1 when one key has everything, n when n keys share equally.
export function spread(weights) {
  return Math.exp(-weights.reduce((sum, w) => sum + (w > 0 ? w * Math.log(w) : 0), 0));
}

export function allWeights({ scale, causal, keys }) {
  return PRODUCTS.map((row, i) =>
    softmax(
      row.map((product) => product * scale),
      row.map((_, j) => keys[j] && !(causal && j > i)),
    ),
  );
}

const CELL = 62;
const ROW = 40;
const LEFT = 92;
const TOP = 56;

class Matrix {
  constructor(words, follow) {
    const right = LEFT + CELL * TOKENS.length;
    this.node = svg("svg", {
      viewBox: `0 0 ${right + 92} ${TOP + ROW * TOKENS.length + 6}`,
      role: "img",
      "aria-label": words.chart,
      class: "plot-drawing plot-wide",
    });
    const text = (x, y, content, more = {}) =>
      svg("text", { x, y, "font-size": 16, "text-anchor": "middle", fill: "currentColor", ...more }, content);
    this.node.append(text(4, 18, words.queries, { "text-anchor": "start", "font-size": 13, fill: "var(--quiet, gray)" }));
    this.node.append(text(right + 46, 18, words.spread, { "font-size": 13, fill: "var(--quiet, gray)" }));
    this.columns = TOKENS.map((token, j) => text(LEFT + CELL * (j + 0.5), 40, token));
    this.rows = TOKENS.map((token, i) => this.row(token, i, text, follow));
    this.node.append(...this.columns, ...this.rows.map((row) => row.node));
  }

  row(token, i, text, follow) {
    const y = TOP + ROW * i;
    const frame = svg("rect", {
      x: 2, y: y + 1, width: LEFT + CELL * TOKENS.length, height: ROW - 2, rx: 4, fill: "none", "stroke-width": 2,
    });
    const name = text(LEFT - 10, y + 26, token, { "text-anchor": "end" });
    const cells = TOKENS.map((_, j) => ({
      paint: svg("rect", { x: LEFT + CELL * j + 2, y: y + 3, width: CELL - 4, height: ROW - 6, fill: "var(--accent, #c2410c)" }),
      label: text(LEFT + CELL * (j + 0.5), y + 26, "", { "font-variant-numeric": "tabular-nums" }),
    }));
    const size = text(LEFT + CELL * TOKENS.length + 46, y + 26, "", { fill: "var(--quiet, gray)" });
    const node = svg("g", { class: "plot-row" }, name, cells.map((cell) => [cell.paint, cell.label]).flat(), frame, size);
    node.addEventListener("click", () => follow(i));
    return { node, frame, cells, size };
  }

  show(weights, state) {
    this.columns.forEach((column, j) => {
      column.setAttribute("text-decoration", state.keys[j] ? "none" : "line-through");
      column.setAttribute("fill", state.keys[j] ? "currentColor" : "var(--quiet, gray)");
    });
    weights.forEach((row, i) => {
      const { cells, frame, size } = this.rows[i];
      row.forEach((weight, j) => {
        const allowed = state.keys[j] && !(state.causal && j > i);
        // Never so dark that the number on it could not be read.
        cells[j].paint.setAttribute("fill-opacity", allowed ? (0.03 + 0.67 * weight).toFixed(3) : 0);
        cells[j].label.textContent = allowed ? Math.round(100 * weight) : "·";
      });
      frame.setAttribute("stroke", i === state.query ? "currentColor" : "none");
      size.textContent = row.some((weight) => weight > 0) ? spread(row).toFixed(1) : "–";
    });
  }
}

export default function mount(element, data = element.dataset) {
  const words = inLanguage(WORDS, element, data);
  const state = { scale: 1 / Math.sqrt(WIDTH), causal: false, keys: TOKENS.map(() => true), query: TOKENS.indexOf("it") };
  const follow = html("select", {}, TOKENS.map((token, i) => html("option", { value: i, selected: i === state.query }, token)));
  const told = html("p", { class: "plot-told", "aria-live": "polite" });
  const set = (change) => {
    Object.assign(state, change);
    follow.value = state.query;
    show();
  };
  const matrix = new Matrix(words, (query) => set({ query }));

  function show() {
    const weights = allWeights(state);
    matrix.show(weights, state);
    const row = weights[state.query];
    const best = row.indexOf(Math.max(...row));
    const query = TOKENS[state.query];
    told.textContent = row[best] > 0
      ? words.looks(query, TOKENS[best], Math.round(100 * row[best]), spread(row).toFixed(1))
      : words.nothing(query);
  }

  const scale = slider({
    label: words.scale, min: 0, max: 1, step: 0.001, value: state.scale,
    show: (value) => value.toFixed(3), input: (value) => set({ scale: value }),
  });
  const presets = [["1/√32", 1 / Math.sqrt(WIDTH)], ["1", 1], ["1/32", 1 / WIDTH], ["0", 0]];
  const keys = TOKENS.map((token, j) =>
    checkbox(token, true, (seen) => set({ keys: state.keys.map((old, at) => (at === j ? seen : old)) })),
  );
  follow.addEventListener("change", () => set({ query: Number(follow.value) }));

  element.append(
    html("div", { class: "plot-controls" },
      scale.node,
      html("div", { class: "plot-presets" }, presets.map(([label, value]) => button(label, () => scale.set(value)))),
      html("fieldset", { class: "plot-choices" }, html("legend", {}, words.keys), keys),
      checkbox(words.causal, false, (causal) => set({ causal })),
      html("label", { class: "plot-choice" }, html("span", {}, words.query), follow),
    ),
    html("div", { class: "plot-scroll" }, matrix.node),
    told,
  );
  scale.set(state.scale);
}
