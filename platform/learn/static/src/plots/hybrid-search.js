// One question, two retrievers, and what comes first when their rankings are fused with a weight.

import { html, inLanguage, slider, svg } from "./lib/parts.js";

const DOCUMENTS = [
  "A refund is paid within ten days.",
  "Our office is in Lund.",
  "Parcels travel by train.",
  "Error E-4711 means that the lid is open.",
  "Error E-4712 means that the tank is empty.",
];

// Cosines by all-MiniLM-L6-v2; BM25 with k1 = 1.5 and b = 0.75 over these five sentences, lower-cased words.
const QUESTIONS = [
  { text: "When do I get my money back?", dense: [0.62, 0.06, -0.05, -0.04, 0.04], sparse: [0, 0, 0, 0, 0] },
  { text: "How is my order shipped?", dense: [0.14, 0.2, 0.34, 0, 0], sparse: [0.28, 0.32, 0, 0.26, 0.26] },
  { text: "What does E-4711 mean?", dense: [0.03, 0.14, 0.03, 0.48, 0.49], sparse: [0, 0, 0, 1.25, 0] },
];

const WORDS = {
  en: {
    question: "Question",
    weight: "Weight of dense retrieval",
    order: "Document",
    cosine: "cosine",
    bm25: "BM25",
    fused: "fused",
    chart: "The five sentences in fused order, with a bar for each fused score.",
    told: (first) => `First: “${first}”`,
  },
  "zh-hans": {
    question: "问题",
    weight: "稠密检索的权重",
    order: "文档",
    cosine: "余弦",
    bm25: "BM25",
    fused: "融合",
    chart: "按融合分数排列的五个句子，各带一条表示分数的横条。",
    told: (first) => `第一名：“${first}”`,
  },
};

// Ranks from 1; equal scores share the mean of their places, so that no order is made up for them.
export function ranks(scores) {
  return scores.map((score) => {
    const better = scores.filter((other) => other > score).length;
    const equal = scores.filter((other) => other === score).length;
    return better + (equal + 1) / 2;
  });
}

export function fuse({ dense, sparse }, weight) {
  const [d, s] = [ranks(dense), ranks(sparse)];
  return dense.map((_, i) => weight / (60 + d[i]) + (1 - weight) / (60 + s[i]));
}

const ROW = 34;

function rows(question, weight, words) {
  const fused = fuse(question, weight);
  const [low, high] = [Math.min(...fused), Math.max(...fused)];
  const order = fused.map((_, i) => i).sort((a, b) => fused[b] - fused[a] || a - b);
  const quiet = { "font-size": 13, fill: "var(--quiet, gray)", "text-anchor": "end" };
  const head = [[360, words.cosine], [420, words.bm25]].map(([x, text]) => svg("text", { x, y: 16, ...quiet }, text));
  const fusedHead = svg("text", { x: 436, y: 16, ...quiet, "text-anchor": "start" }, words.fused);
  const lines = order.map((i, place) => {
    const y = 44 + place * ROW;
    const width = high > low ? 4 + (150 * (fused[i] - low)) / (high - low) : 4;
    return [
      svg("text", { x: 4, y, "font-size": 15, fill: "currentColor", "font-weight": place ? 400 : 650 }, DOCUMENTS[i]),
      svg("text", { x: 360, y, ...quiet }, question.dense[i].toFixed(2)),
      svg("text", { x: 420, y, ...quiet }, question.sparse[i].toFixed(2)),
      svg("rect", { x: 436, y: y - 13, width, height: 15, fill: place ? "var(--rule-strong, gray)" : "var(--accent, #c2410c)" }),
    ];
  });
  return { nodes: [...head, fusedHead, ...lines.flat()], first: DOCUMENTS[order[0]] };
}

export default function mount(element, data = element.dataset) {
  const words = inLanguage(WORDS, element, data);
  const state = { question: 2, weight: 0.5 };
  const picture = svg("svg", { viewBox: "0 0 600 200", role: "img", "aria-label": words.chart, class: "plot-drawing" });
  const told = html("p", { class: "plot-told", "aria-live": "polite" });

  function show() {
    const found = rows(QUESTIONS[state.question], state.weight, words);
    picture.replaceChildren(...found.nodes);
    told.textContent = words.told(found.first);
  }

  const options = QUESTIONS.map(({ text }, i) => html("option", { value: i, selected: i === state.question }, text));
  const choice = html("select", { class: "plot-select" }, ...options);
  choice.addEventListener("change", () => {
    state.question = Number(choice.value);
    show();
  });
  const weight = slider({
    label: words.weight, min: 0, max: 1, step: 0.05, value: 0.5,
    show: (value) => value.toFixed(2),
    input: (value) => {
      state.weight = value;
      show();
    },
  });
  element.append(
    html("div", { class: "plot-controls" }, html("label", { class: "plot-choice" }, html("span", {}, words.question), choice), weight.node),
    html("div", { class: "plot-scroll" }, picture),
    told,
  );
  weight.set(0.5);
}
