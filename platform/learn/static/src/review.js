// The review page: one item at a time, one key each. Answers go into an outbox that outlives a lost
// connection and a closed tab; the next item is on the screen before the last answer has arrived.
import { Outbox } from "./review/outbox.js";
import { Kept } from "./review/kept.js";
import { newId } from "./review/ulid.js";
import { Stopwatch } from "./review/stopwatch.js";

const page = document.querySelector("[data-review]");
const words = page.querySelector("[data-words]:is(template)").dataset;
const tools = page.querySelector("[data-tools]");
const keys = page.querySelector("[data-keys]");
const unsent = page.querySelector(".review-unsent");
const token = document.querySelector("script[data-csrf]")?.dataset.csrf;
const watch = new Stopwatch();

let stage = page.querySelector("[data-stage]");
let minutesLeft = 0;
let last = []; // ids of what was answered here, for undo: the latest at the end

const outbox = new Outbox(`anneal.reviews.${page.dataset.learner}`, page.dataset.log, token, showUnsent);

const kept = new Kept(`anneal.answers.${page.dataset.learner}`, token);

// ------------------------------------------------------------------------------------ one at a time

const pending = () => [...stage.querySelectorAll("[data-asked]:not([data-answered])")];
const current = () => stage.querySelector("[data-asked]:not([hidden])");

function arrive(fresh) {
  stage = fresh;
  minutesLeft = Number(stage.dataset.minutes);
  tools.hidden = false;
  page.querySelector("[data-help]").hidden = false;
  show(pending()[0], { focus: false });
  waitForReturn();
}

// The header's number was true when the page was loaded.
function showDue() {
  const badge = document.querySelector(".site-nav [aria-current] .badge");
  if (!badge) return;
  badge.textContent = stage.dataset.due;
  badge.hidden = stage.dataset.due === "0";
}

function show(article, { focus = true } = {}) {
  for (const other of stage.querySelectorAll("[data-asked]")) other.hidden = other !== article;
  for (const button of tools.querySelectorAll("[data-do]:not([data-do=undo])")) button.hidden = !article;
  showLeft();
  if (!article) return;
  watch.start();
  load(article);
  load(pending()[1]); // without a connection one goes on for a while
  if (focus) article.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

// A question is a fragment of its own.
function load(article) {
  const slot = article?.querySelector("[data-question-slot]");
  if (!slot || slot.dataset.wanted !== undefined || slot.querySelector(".question")) return;
  slot.dataset.wanted = "";
  window.htmx.ajax("GET", slot.dataset.url, { source: slot, target: slot, swap: "innerHTML" }).finally(() => delete slot.dataset.wanted);
}

function showLeft() {
  const left = stage.querySelector("[data-left]");
  if (!left || !current()) return;
  const minutes = Math.round(minutesLeft);
  left.textContent = minutes < 1 ? left.dataset.wordsUnder : left.dataset.words.replace("{n}", minutes);
}

async function next() {
  const done = current();
  if (done) {
    done.dataset.answered = "";
    minutesLeft = Math.max(0, minutesLeft - Number(done.dataset.minutes));
    const line = stage.querySelector(".stage-line");
    if (line) line.value = Math.min(100, line.value + ((100 - line.value) * done.dataset.minutes) / (minutesLeft + Number(done.dataset.minutes) || 1));
    stage.querySelector(".stage > .rated-slot")?.remove();
  }
  const following = pending()[0];
  if (following) return show(following);
  await outbox.flush();
  await refresh();
}

// The server puts the rest of the day in order again.
async function refresh(first = "") {
  const url = new URL(page.dataset.next, location.href);
  if (first) url.searchParams.set("first", first);
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.redirected) return location.reload(); // signed out meanwhile: the way back leads here
    if (!answer.ok) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-stage]");
    stage.replaceWith(fresh);
    window.htmx.process(fresh);
    arrive(fresh);
    showDue();
    (current() ?? fresh.querySelector("[data-done] h2"))?.focus?.({ preventScroll: true });
  } catch {
    show(undefined);
    say(words.offline);
    window.addEventListener("online", () => refresh(first), { once: true });
  }
}

// A step of minutes that ends brings the page back to life by itself.
function waitForReturn() {
  const returns = Number(stage.querySelector("[data-returns]")?.dataset.returns);
  const wait = returns - Date.now();
  if (returns && wait < 2 ** 31) {
    const here = stage;
    setTimeout(() => here === stage && refresh(), Math.max(wait, 1000) + 500);
  }
}

// ------------------------------------------------------------------------------------------ answers

function answer(article, line) {
  const id = newId();
  outbox.add({ id, item: article.dataset.item, at: Date.now(), zone: zone(), ...line });
  last.push({ id, item: article.dataset.item });
  next();
}

function rate(article, rating) {
  const what = "practice" in article.dataset ? "cram" : "rate";
  answer(article, { what, rating, duration_ms: watch.stop() });
}

function note(what) {
  const article = current();
  if (!article) return;
  // Practice passes over what is not wanted now: memory and its dates stay as they are.
  if (what === "bury" && "practice" in article.dataset) return answer(article, { what: "cram" });
  answer(article, { what });
  say(what === "bury" ? words.buried : words.suspended);
}

async function undo() {
  const taken = last.pop();
  outbox.add({ id: newId(), what: "undo", at: Date.now(), target: taken?.id });
  const here = taken && stage.querySelector(`[data-asked][data-item="${CSS.escape(taken.item)}"]`);
  if (here && !here.querySelector(".question")) {
    delete here.dataset.answered;
    here.dataset.id = newId();
    minutesLeft += Number(here.dataset.minutes);
    const details = here.querySelector("[data-answer]");
    if (details) details.open = false;
    show(here);
  } else {
    await outbox.flush();
    await refresh(taken?.item ?? outbox.undone);
  }
  say(words.undone);
}

const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// ------------------------------------------------------------------------------------------ questions

// A question is marked by its own fragment; then the rule's word is fetched, and Space goes on.
document.addEventListener("htmx:afterSettle", () => {
  const article = current();
  if (article?.dataset.kind !== "question" || article.dataset.marked !== undefined) return;
  if (!article.querySelector(".question.is-right, .question.is-wrong")) return;
  article.dataset.marked = "";
  article.querySelector("[data-next-bar]").hidden = false;
  last.push({ id: undefined, item: article.dataset.item });
  if ("practice" in article.dataset) return; // nothing was rated
  const slot = article.querySelector("[data-rated-slot]");
  const url = `${page.dataset.rated}?item=${encodeURIComponent(article.dataset.item)}`;
  window.htmx.ajax("GET", url, { target: slot, swap: "innerHTML" });
});

document.addEventListener("htmx:sendError", missed);
document.addEventListener("htmx:responseError", (event) => event.detail.xhr.status >= 500 && missed(event));

// What was typed is kept, and goes by itself; a question that cannot be shown comes again later.
function missed(event) {
  const article = event.target.closest?.("[data-asked]");
  if (!article || article !== current() || event.target.closest("[data-rated-slot]")) return;
  const form = event.target.closest(".question form");
  if (form) {
    kept.add(form);
    article.dataset.kept = "";
    article.querySelector("[data-next-bar]").hidden = false;
    say(words.answerKept, 10_000);
  } else {
    say(words.needsConnection);
    next();
  }
}

// ---------------------------------------------------------------------------------------- what is said

let saying;
function say(text, milliseconds = 4000) {
  clearTimeout(saying);
  unsent.textContent = text;
  unsent.hidden = false;
  saying = setTimeout(() => {
    saying = undefined;
    showUnsent({ ...outbox.state, told: "" });
  }, milliseconds);
}

function showUnsent(state) {
  const { count, isStuck, isSignedOut, refused, told } = state;
  let text = "";
  if (told && !refused) return say(told, 10_000);
  if (refused) text = words.refused.replace("{why}", refused);
  else if (isSignedOut) text = words.signedOut.replace("{n}", count);
  else if (isStuck && count) text = count === 1 ? words.unsentOne : words.unsent.replace("{n}", count);
  if (!text && saying) return; // what was said a moment ago is read to its end
  unsent.textContent = text;
  unsent.hidden = !text;
}

// ------------------------------------------------------------------------------- buttons and keys

page.addEventListener("submit", (event) => {
  const form = event.target;
  const article = form.closest("[data-asked]");
  if (form.matches("[data-ratings]")) {
    event.preventDefault();
    rate(article, Number(event.submitter.value));
  } else if (form.matches("[data-notes]")) {
    event.preventDefault();
    answer(article, { what: event.submitter.value });
  }
});

page.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-do], [data-go], [data-help]");
  if (!pressed) return;
  if (pressed.matches("[data-go]")) next();
  else if (pressed.matches("[data-help]")) keys.showModal();
  else act(pressed.dataset.do);
});

function act(name) {
  if (name === "undo") undo();
  else if (name === "explain") window.open(current()?.querySelector("[data-explain]")?.href, "_blank", "noopener");
  else note(name);
}

// Space is the next thing to do: show the answer, say Good, go on, open the workbench.
function forward(article) {
  const details = article.querySelector("[data-answer]");
  if (details && !details.open) {
    details.open = true;
    details.querySelector(".rating-3").focus({ preventScroll: true });
  } else if (details) rate(article, 3);
  else if ("marked" in article.dataset || "kept" in article.dataset) next();
  else if (article.querySelector("[data-open]")) article.querySelector("[data-open]").click();
  else article.querySelector(".question form")?.requestSubmit();
}

function digit(article, number) {
  const details = article.querySelector("[data-answer]");
  if (details?.open && number <= 4) return rate(article, number);
  article.querySelectorAll(".choices input")[number - 1]?.click();
}

const LETTERS = { u: "undo", e: "explain", b: "bury", s: "suspend" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  const isTyping = event.target.matches("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  if (isTyping) return;
  const article = current();
  if (event.key === "?") keys.showModal();
  else if (LETTERS[event.key.toLowerCase()]) act(LETTERS[event.key.toLowerCase()]);
  else if (article && event.key === " " && !event.target.matches("summary:not(.card-show), a, [data-do], [data-help]")) forward(article);
  else if (article && /^[1-9]$/.test(event.key)) digit(article, Number(event.key));
  else return;
  event.preventDefault();
});

// The answer is shown by a tap, too: then the rating is at the thumb.
page.addEventListener("toggle", (event) => {
  if (event.target.matches?.("[data-answer]") && event.target.open) event.target.querySelector(".rating-3").focus({ preventScroll: true });
}, true);

arrive(stage);
outbox.flush();
kept.flush();
