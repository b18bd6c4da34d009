"use strict";
(() => {
  const MOST = 40;
  const box = document.getElementById("search");
  const field = document.getElementById("query");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const plain = (text) => text.normalize("NFKD").replace(/\u2212/g, "-").toLowerCase();
  const spaced = (text) => plain(text).replace(/[^\p{L}\p{N}.%-]+/gu, " ").trim();
  const { badges, pages } = JSON.parse(document.getElementById("searched").textContent);
  const all = [];
  for (const [run, page] of Object.entries(pages)) {
    const status = page.status;
    all.push({ run, page: page.title, kind: "page", title: page.title, link: "", values: "", status });
    for (const [kind, title, where, values, own] of page.entries) {
      const link = kind === "result" ? (where ? ":~:text=" + encodeURIComponent(where) : "") : where;
      all.push({ run, page: page.title, kind, title, link, values, status: own || status });
    }
  }
  for (const entry of all) {
    entry.text = " " + spaced([entry.title, entry.values, entry.run, entry.page].join(" "));
    entry.evidence = entry.status.split(" ").includes("synthetic") ? 1 : 0;
  }
  const rank = { page: 0, section: 1, figure: 2, table: 3, result: 4 };
  // A word is found where a word begins, also after a hyphen or a minus: EMA is not in remaining.
  const begins = (text, word) => text.includes(" " + word) || text.includes("-" + word);
  const item = (entry) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = entry.run + "/index.html" + (entry.link ? "#" + entry.link : "");
    link.textContent = entry.title;
    const kind = document.createElement("span");
    kind.className = "kind";
    kind.textContent = entry.kind === "page" ? "page" : entry.kind + " in " + entry.run;
    line.append(link, " ", kind);
    for (const status of entry.status.split(" ").filter(Boolean)) {
      const badge = document.createElement("span");
      badge.className = "badge " + status;
      badge.textContent = badges[status];
      line.append(" ", badge);
    }
    if (entry.values) {
      const values = document.createElement("span");
      values.className = "values";
      values.textContent = entry.values;
      line.append(values);
    }
    return line;
  };
  const search = () => {
    const words = spaced(field.value).split(" ").filter(Boolean);
    if (!words.length) {
      list.replaceChildren();
      count.textContent = "";
      return;
    }
    const found = all.filter((entry) => words.every((word) => begins(entry.text, word)));
    // Evidence before examples.
    found.sort((a, b) => a.evidence - b.evidence || rank[a.kind] - rank[b.kind]);
    list.replaceChildren(...found.slice(0, MOST).map(item));
    const more = found.length > MOST ? ", the first " + MOST + " shown; add a word to narrow it" : "";
    count.textContent = found.length ? found.length + " found" + more : "Nothing found";
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { field.value = ""; search(); }
    if (event.key === "Enter" && list.querySelector("a")) { list.querySelector("a").click(); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== field) {
      event.preventDefault();
      field.focus();
    }
  });
  box.hidden = false;
  if (field.value) { search(); }
})();
