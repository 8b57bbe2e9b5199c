// The text in the editor, kept on the server a moment after each pause, and in this browser until then.

const PAUSE = 900;
const RETRY = 10_000;

export function keepDrafts({ settings, editor, words, notify, root }) {
  const kept = `anneal:draft:${settings.key}`;
  const sign = root.querySelector(".wb-saved");
  let revision = settings.revision;
  let saved = editor.text();
  let timer = 0;
  let flight = null;

  const say = (state) => {
    sign.dataset.state = state;
    sign.textContent = { saved: words.saved, saving: words.saving, unsaved: words.unsaved, offline: words.offline,
      long: words.tooLong }[state];
  };
  const body = (text) => new URLSearchParams({ source: text, revision });
  const headers = { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value };

  // A text that an earlier visit could not save comes back, unless the server has it already.
  const left = remember(kept);
  if (left && left.text !== saved) {
    if (left.revision === revision) editor.replace(left.text);
    else newer({ text: saved, revision }, left.text);
  } else if (left) forget(kept);

  editor.onChange(() => {
    say("unsaved");
    if (!keep(kept, editor.text(), revision)) return;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  if (editor.text() !== saved) save();

  async function save() {
    clearTimeout(timer);
    if (flight) return flight.then(save);
    const text = editor.text();
    if (text === saved) return forget(kept), revision && say("saved");
    say("saving");
    flight = send(text).finally(() => (flight = null));
    return flight;
  }

  async function send(text) {
    let response;
    try {
      response = await fetch(settings.draftUrl, { method: "POST", headers, body: body(text), redirect: "error" });
    } catch {
      response = null;
    }
    if (response?.status === 409) return newer(await response.json(), text);
    if (response?.status === 413) return say("long");
    if (!response?.ok) {
      say("offline");
      timer = setTimeout(save, RETRY);
      return;
    }
    revision = (await response.json()).revision;
    saved = text;
    if (editor.text() === text) {
      forget(kept);
      say("saved");
    } else timer = setTimeout(save, PAUSE);
  }

  // Another device was here in between. Nothing is overwritten unasked.
  function newer(theirs, mine) {
    say("unsaved");
    notify(words.newer, [
      [words.take, () => {
        [revision, saved] = [theirs.revision, theirs.text];
        editor.replace(theirs.text);
        forget(kept);
        say("saved");
      }],
      [words.keep, () => {
        revision = theirs.revision;
        saved = theirs.text;
        if (editor.text() !== mine) editor.replace(mine);
        save();
      }],
    ]);
  }

  addEventListener("pagehide", () => {
    const text = editor.text();
    if (text !== saved && text.length < 60_000) {
      fetch(settings.draftUrl, { method: "POST", headers, body: body(text), keepalive: true }).catch(() => {});
    }
  });
  // Leaving is stopped only where the text is neither on the server nor in this browser.
  addEventListener("beforeunload", (event) => {
    if (editor.text() !== saved && remember(kept)?.text !== editor.text()) event.preventDefault();
  });
  return { save };
}

function keep(name, text, revision) {
  try {
    localStorage.setItem(name, JSON.stringify({ text, revision }));
  } catch {
    // A full or forbidden store: the server's copy is the only one.
  }
  return true;
}

function remember(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function forget(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // Nothing was kept there either.
  }
}
