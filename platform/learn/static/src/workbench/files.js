// A file dropped on the editor, or opened, becomes its text.

export function takeFiles({ root, form, settings, editor, words, notify }) {
  const input = form.querySelector("[data-file]");
  const code = form.querySelector("[data-code]");
  input.name = "";

  async function take(file) {
    if (!file) return;
    if (file.size > settings.maxBytes) return notify(words.size);
    let text;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      return notify(words.encoding);
    }
    if (text.includes("\u0000")) return notify(words.encoding);
    editor.replace(text);
    root.dispatchEvent(new CustomEvent("workbench:replaced", { detail: words.opened }));
  }

  root.querySelector("[data-do=open]").addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take(input.files[0]);
    input.value = "";
  });
  // Before CodeMirror, which would put the text in at the pointer.
  code.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    code.dataset.over = "";
  }, true);
  code.addEventListener("dragleave", () => delete code.dataset.over, true);
  code.addEventListener("drop", (event) => {
    delete code.dataset.over;
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(event.dataTransfer.files[0]);
  }, true);
  root.addEventListener("workbench:replaced", (event) => {
    notify(event.detail, [[words.undo, editor.undo]]);
  });
}
