// CodeMirror over the textarea. Its colours are the page's own: see exercises.css.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory, undo } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration, EditorView, crosshairCursor, drawSelection, dropCursor, highlightActiveLine, highlightActiveLineGutter,
  keymap, lineNumbers, rectangularSelection,
} from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { phrases } from "./phrases.js";

const SIZES = [12, 13, 14, 15, 16, 18, 20, 24];
const SIZE_KEPT = "anneal:code-size";

const markLine = StateEffect.define();
const markedLine = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(markLine)) marks = decorate(transaction.state, effect.value);
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function decorate(state, number) {
  if (!number || number > state.doc.lines) return Decoration.none;
  return Decoration.set([Decoration.line({ class: "cm-faulty" }).range(state.doc.line(number).from)]);
}

export function openEditor({ root, form, settings, words }) {
  const area = form.querySelector("#source");
  const changed = new Set();
  const send = (mode) => () => {
    form.requestSubmit(form.querySelector(`[data-mode=${mode}]`));
    return true;
  };
  const view = new EditorView({
    parent: form.querySelector("[data-code]"),
    state: EditorState.create({
      doc: area.value,
      extensions: [
        keymap.of([
          { key: "Mod-Enter", run: send("run") },
          { key: "Mod-Shift-Enter", run: send("submit") },
        ]),
        lineNumbers(), highlightActiveLineGutter(), foldGutter(), history(), drawSelection(), dropCursor(),
        EditorState.allowMultipleSelections.of(true), indentOnInput(), bracketMatching(), closeBrackets(),
        autocompletion(), rectangularSelection(), crosshairCursor(), highlightActiveLine(), highlightSelectionMatches(),
        search({ top: true }), python(), indentUnit.of("    "), EditorState.tabSize.of(4),
        syntaxHighlighting(classHighlighter), markedLine,
        keymap.of([
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap, ...completionKeymap,
          indentWithTab,
        ]),
        EditorView.cspNonce.of(root.dataset.nonce),
        EditorView.contentAttributes.of({ "aria-label": words.code, tabindex: "0", autocapitalize: "off", autocorrect: "off" }),
        EditorState.phrases.of(phrases[document.documentElement.lang.toLowerCase()] ?? {}),
        EditorView.updateListener.of((update) => update.docChanged && changed.forEach((listener) => listener())),
      ],
    }),
  });
  area.hidden = true;
  area.name = "";
  form.querySelector("label[for=source]").hidden = true;
  form.querySelector("[data-file]").hidden = true;
  sizeControls(root);

  const editor = {
    text: () => view.state.doc.toString(),
    replace(text) {
      // One step of its own for Undo, however soon it follows what was typed.
      const annotations = isolateHistory.of("full");
      const changes = { from: 0, to: view.state.doc.length, insert: text };
      view.dispatch({ changes, annotations, selection: { anchor: 0 } });
      view.focus();
    },
    undo: () => undo(view),
    focus: () => view.focus(),
    onChange: (listener) => changed.add(listener),
    mark: (line) => view.dispatch({ effects: markLine.of(line) }),
    goTo(line) {
      const place = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: place.from }, effects: EditorView.scrollIntoView(place.from, { y: "center" }) });
      view.focus();
    },
  };
  root.querySelector("[data-do=reset]").addEventListener("click", () => {
    if (editor.text() === settings.starter) return;
    editor.replace(settings.starter);
    root.dispatchEvent(new CustomEvent("workbench:replaced", { detail: words.resetDone }));
  });
  return editor;
}

function sizeControls(root) {
  let at = SIZES.indexOf(Number(localStorage.getItem(SIZE_KEPT) ?? 14));
  const apply = (step) => {
    at = Math.min(Math.max(0, at + step), SIZES.length - 1);
    root.style.setProperty("--code-size", `${SIZES[at] / 16}rem`);
    localStorage.setItem(SIZE_KEPT, String(SIZES[at]));
  };
  if (at < 0) at = SIZES.indexOf(14);
  apply(0);
  root.querySelector("[data-do=smaller]").addEventListener("click", () => apply(-1));
  root.querySelector("[data-do=larger]").addEventListener("click", () => apply(1));
}
