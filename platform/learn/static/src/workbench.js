// The workbench: an editor over the form's textarea, verdicts as they come, drafts that survive.
// Without this file the page is a form that works.
import { openEditor } from "./workbench/editor.js";
import { keepDrafts } from "./workbench/drafts.js";
import { watchBoard } from "./workbench/board.js";
import { arrangePanes } from "./workbench/panes.js";
import { takeFiles } from "./workbench/files.js";
import { countWork } from "./workbench/clock.js";
import { bringBack } from "./workbench/history.js";

const root = document.querySelector("[data-workbench]");
if (root) start(root);

function start(root) {
  const settings = JSON.parse(root.querySelector("#workbench-settings").textContent);
  const page = {
    root,
    settings,
    words: root.querySelector("[data-words]").dataset,
    form: root.querySelector("#workbench-form"),
    notify: (text, actions = []) => notify(root, text, actions),
  };
  for (const hidden of root.querySelectorAll("[data-script-only]")) hidden.hidden = false;
  page.panes = arrangePanes(page);
  page.editor = openEditor(page);
  page.drafts = keepDrafts(page);
  page.clock = countWork(page);
  takeFiles(page);
  bringBack(page);
  watchBoard(page);
  sendFromEditor(page);
  showKeys(root);
}

// The form is sent by htmx; its text comes from the editor.
function sendFromEditor(page) {
  page.form.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== page.form) return;
    const data = event.detail.formData;
    data.set("source", page.editor.text());
    data.set("seconds", String(page.clock.seconds()));
    // htmx knows the button that was clicked, not the one that a key stands for.
    data.set("mode", event.detail.triggeringEvent?.submitter?.value ?? "submit");
  });
  page.form.addEventListener("htmx:beforeRequest", () => {
    page.notify("");
    page.drafts.save();
    page.panes.show("cases");
  });
  const failed = (text) => (event) => event.target === page.form && page.notify(text);
  page.form.addEventListener("htmx:sendError", failed(page.words.unreachable));
  page.form.addEventListener("htmx:timeout", failed(page.words.unreachable));
  page.form.addEventListener("htmx:responseError", (event) => {
    if (event.target !== page.form) return;
    page.notify(event.detail.xhr.status === 403 ? page.words.signedOut : page.words.unreachable);
  });
  // A session that ended answers with the sign-in page, which must not land among the cases.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const path = new URL(event.detail.xhr.responseURL || location.href, location.href).pathname;
    if (path.includes("/login")) {
      event.detail.shouldSwap = false;
      page.notify(page.words.signedOut);
    }
  });
}

function notify(root, text, actions) {
  const box = root.querySelector("[data-notice]");
  box.replaceChildren(text);
  box.hidden = !text;
  for (const [label, act] of actions) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "wb-quiet";
    button.textContent = label;
    button.addEventListener("click", () => {
      notify(root, "", []);
      act();
    });
    box.append(" ", button);
  }
}

function showKeys(root) {
  if (!/Mac|iP(hone|ad)/.test(navigator.platform)) return;
  root.querySelector("[data-key=run]").textContent = "⌘ ⏎";
  root.querySelector("[data-key=submit]").textContent = "⌘ ⇧ ⏎";
}
