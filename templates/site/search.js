// Search over everything in the site. Words may be typed wrongly; the index is a list of pages, and of the pages of each word.
(() => {
  "use strict";
  const index = globalThis.tidings;
  const input = document.getElementById("search");
  const list = document.getElementById("results");
  const found = document.getElementById("found");
  if (!index || !input || !list || !found) return;
  input.parentElement.hidden = false;
  const root = document.body.dataset.root;
  const words = Object.keys(index.words);
  const most = 20;
  let chosen = -1;

  // Edits between two words, transpositions among them; more than `limit` is not counted further.
  function edits(one, other, limit) {
    if (Math.abs(one.length - other.length) > limit) return limit + 1;
    let before = [];
    let last = Array.from({ length: other.length + 1 }, (_, at) => at);
    for (let i = 1; i <= one.length; i += 1) {
      const row = [i];
      let least = i;
      for (let j = 1; j <= other.length; j += 1) {
        const differs = one[i - 1] === other[j - 1] ? 0 : 1;
        let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + differs);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          cost = Math.min(cost, before[j - 2] + 1);
        }
        row.push(cost);
        least = Math.min(least, cost);
      }
      if (least > limit) return limit + 1;
      before = last;
      last = row;
    }
    return last[other.length];
  }

  // How well a word of the index answers what was typed, from 0 to 1.
  function likeness(typed, word) {
    if (word === typed) return 1;
    if (word.startsWith(typed)) return 0.8 - Math.min(0.3, (word.length - typed.length) / 40);
    if (typed.length >= 3 && word.includes(typed)) return 0.4;
    const limit = typed.length >= 8 ? 2 : typed.length >= 4 ? 1 : 0;
    if (limit === 0) return 0;
    const distance = Math.min(edits(typed, word, limit), edits(typed, word.slice(0, typed.length), limit));
    return distance <= limit ? 0.35 / distance : 0;
  }

  function search(text) {
    const typed = text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter((word) => word);
    if (typed.length === 0) return [];
    let scores = null;
    for (const part of typed) {
      const of = new Map();
      for (const word of words) {
        const weight = likeness(part, word);
        if (weight === 0) continue;
        const pages = index.words[word];
        for (let at = 0; at < pages.length; at += 2) {
          of.set(pages[at], Math.max(of.get(pages[at]) || 0, weight * pages[at + 1]));
        }
      }
      if (scores === null) {
        scores = of;
      } else {
        // Every word has to be there.
        for (const [page, score] of scores) {
          if (of.has(page)) scores.set(page, score + of.get(page));
          else scores.delete(page);
        }
      }
    }
    const best = [...scores].sort((one, other) => other[1] - one[1] || one[0] - other[0]);
    return best.slice(0, most).map(([page]) => index.pages[page]);
  }

  function choose(at) {
    const items = list.children;
    if (items.length === 0) return;
    chosen = (at + items.length) % items.length;
    for (let number = 0; number < items.length; number += 1) {
      items[number].setAttribute("aria-selected", String(number === chosen));
    }
    items[chosen].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items[chosen].id);
  }

  function close() {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function show() {
    const results = search(input.value);
    list.replaceChildren();
    chosen = -1;
    input.removeAttribute("aria-activedescendant");
    results.forEach(([title, kind, href, summary], number) => {
      const item = document.createElement("li");
      item.id = `result-${number}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.href = root + href;
      const what = document.createElement("div");
      what.className = "what";
      what.textContent = title;
      const where = document.createElement("div");
      where.className = "where";
      where.textContent = summary ? `${kind} · ${summary}` : kind;
      item.append(what, where);
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        location.href = item.dataset.href;
      });
      list.append(item);
    });
    const typed = input.value.trim() !== "";
    list.hidden = results.length === 0;
    input.setAttribute("aria-expanded", String(results.length > 0));
    found.textContent = !typed ? "" : results.length === 0 ? "Nothing found" : `${results.length} found`;
    if (results.length > 0) choose(0);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value) show(); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Escape") { close(); input.value = ""; }
    else if (event.key === "Enter" && chosen >= 0) location.href = list.children[chosen].dataset.href;
    else return;
    event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
    }
  });
})();
