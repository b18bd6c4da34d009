"use strict";
(() => {
  const MOST = 40;
  // A shorter word must stand whole: EMA is not meant by "emaciation".
  const PREFIX = 4;
  // Where nothing has all words: the share of the best that a hit must reach.
  const ENOUGH = .75;
  const box = document.getElementById("search");
  const field = document.getElementById("query");
  const list = document.getElementById("found");
  const count = document.getElementById("count");
  const rank = { page: 0, sentence: 1, table: 2, figure: 3, section: 4, row: 5 };
  const plain = (text) => text.normalize("NFKD").replace(/\u2212/g, "-").toLowerCase();
  const spaced = (text) => plain(text).replace(/[^\p{L}\p{N}.%-]+/gu, " ").replace(/\.(?=\s|$)/g, "").trim();
  // A word with a hyphen is found whole and by its parts.
  const indexed = (text) => { const own = spaced(text); return " " + own + " " + own.replace(/-/g, " ") + " "; };
  const all = [];
  let groups = [], badges = {}, ignored = new Set();

  const add = (page, run, [kind, title, link, values, status, table], made = []) => {
    const entry = { run, kind, title, link, values, status: status || page.status, table: made[table] };
    entry.named = indexed([title, entry.table ? entry.table.title : ""].join(" "));
    entry.text = entry.named + indexed([values, run, page.title].join(" "));
    const synthetic = entry.status.split(" ").includes("synthetic");
    entry.evidence = synthetic ? 2 : page.example ? 1 : 0;
    all.push(entry);
    made.push(entry);
  };
  const read = (data) => {
    badges = data.badges;
    groups = data.synonyms.map((group) => group.map(spaced));
    ignored = new Set(data.ignored.map(spaced));
    for (const entry of data.front) { add({ title: "", status: "" }, "", entry); }
    for (const [run, page] of Object.entries(data.pages)) {
      const made = [];
      add(page, run, ["page", page.title, "", "", "", -1]);
      for (const entry of page.entries) { add(page, run, entry, made); }
    }
  };

  // The words of a query, each with all that means the same.
  const terms = (query) => {
    let rest = " " + spaced(query) + " ";
    const found = [];
    const phrases = groups.flat().filter((word) => word.includes(" ")).sort((a, b) => b.length - a.length);
    for (const phrase of phrases) {
      if (rest.includes(" " + phrase + " ")) {
        rest = rest.replace(" " + phrase + " ", " ");
        found.push(phrase);
      }
    }
    const typed = rest.split(" ").filter(Boolean);
    const asked = [...found, ...typed.filter((word) => !ignored.has(word))];
    return (asked.length ? asked : typed).map((word) => {
      const same = groups.filter((group) => group.includes(word)).flat();
      const single = word.length > PREFIX && word.endsWith("s") ? [word.slice(0, -1)] : [];
      return [...new Set([word, ...single, ...same])];
    });
  };
  const holds = (text, word) => text.includes(" " + word + (word.length < PREFIX ? " " : ""));
  const said = (text, words) => words.some((word) => holds(text, word));

  const item = (entry) => {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = (entry.run ? entry.run + "/index.html" : "") + (entry.link ? "#" + entry.link : "");
    link.textContent = entry.title;
    const kind = document.createElement("span");
    kind.className = "kind";
    const where = [entry.table ? entry.table.title : "", entry.run || "this page"].filter(Boolean);
    kind.textContent = entry.kind === "page" ? "page" : entry.kind + " in " + where.join(", ");
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
    const asked = field.value.trim() ? terms(field.value) : [];
    if (!asked.length) {
      list.replaceChildren();
      count.textContent = "";
      return;
    }
    // A rare word says more of what is sought than a common one.
    for (const entry of all) { entry.has = asked.map((words) => said(entry.text, words)); }
    const weights = asked.map((_, n) => Math.log(1 + all.length / (1 + all.filter((entry) => entry.has[n]).length)));
    for (const entry of all) { entry.weight = entry.has.reduce((sum, has, n) => sum + (has ? weights[n] : 0), 0); }
    const most = all.reduce((highest, entry) => Math.max(highest, entry.weight), 0);
    const whole = all.some((entry) => entry.has.every(Boolean));
    const found = all.filter((entry) => whole ? entry.has.every(Boolean) : entry.weight > ENOUGH * most);
    for (const entry of found) {
      // As it was typed in the title first, then by another word, then among the values.
      entry.near = asked.reduce((sum, words) => sum + (holds(entry.named, words[0]) ? 2 : said(entry.named, words) ? 1 : 0), 0);
    }
    // Evidence before examples.
    found.sort((a, b) => a.evidence - b.evidence || b.weight - a.weight || b.near - a.near || rank[a.kind] - rank[b.kind]);
    list.replaceChildren(...found.slice(0, MOST).map(item));
    const more = found.length > MOST ? ", the first " + MOST + " shown; add a word to narrow it" : "";
    const part = whole ? "" : " with some of the words; nothing has all of them";
    count.textContent = found.length ? found.length + " found" + part + more : "Nothing found";
  };

  let loading = null;
  const loaded = () => {
    loading ??= new Promise((done, failed) => {
      const data = document.createElement("script");
      data.src = "search-data.js";
      data.onload = () => (window.searched ? done(read(window.searched)) : failed());
      data.onerror = failed;
      document.head.append(data);
    });
    return loading.then(search, () => {
      count.textContent = "Nothing can be searched: the file search-data.js beside this page could not be read.";
    });
  };
  field.addEventListener("focus", loaded);
  field.addEventListener("input", loaded);
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
  if (field.value) { loaded(); }
})();
