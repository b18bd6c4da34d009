"use strict";
/* What a page does beyond being read: long tables are filtered and sorted, every table is
   downloaded and copied with its mark, and the contents say where one is. Without this script
   all is there, in full. */
(() => {
  const MANY = 60; // Rows beyond which a table shows its first ones only,
  const FEW = 40; // this many.
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, values = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), values);
    made.append(...children);
    return made;
  };
  const words = (element) => (element ? element.textContent.trim().replace(/\s+/g, " ") : "");

  /* A cell begins with its number, if it is one: "−1.5 (−2 to 1)", "< 5", "12 (3.4 %)", "1,204". */
  const NUMBER = /^([<>≤≥~±]?)\s*([-+\u2212]?)(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(\.\d+)?(?:e([-+]?\d+))?/i;
  const number = (text) => {
    const found = NUMBER.exec(text.trim());
    if (!found) { return null; }
    const [, bound, sign, whole, part, power] = found;
    const size = Number(whole.replace(/,/g, "") + (part || "") + (power ? "e" + power : ""));
    const beside = { "<": -1, ">": 1 }[bound] || 0;
    return [sign && sign !== "+" ? -size : size, beside];
  };
  const MISSING = /^[\u2013\u2014-]?$/;
  const compare = (a, b) => {
    const [x, y] = [number(a), number(b)];
    if (x && y) { return x[0] - y[0] || x[1] - y[1]; }
    return a.localeCompare(b, "en", { numeric: true });
  };
  /* What has no number stands last in a column of numbers, whichever way it is sorted. */
  const last = (text, numeric) => MISSING.test(text) || (numeric && !number(text));

  /* A table is one stop of the keyboard: the arrow keys go from one thing in it to the next. */
  const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const WALKED = ".tools > summary, thead button, tbody :is(a[href], input, button), .records a";
  const stops = (figure) => all(WALKED, figure)
    .filter((each) => each.getClientRects().length);
  const oneStop = (figure) => {
    const found = stops(figure);
    const now = found.find((each) => each === document.activeElement) || found[0];
    for (const each of found) { each.tabIndex = each === now ? 0 : -1; }
    return found;
  };
  const walk = (event) => {
    const figure = event.target.closest("figure.table");
    const step = KEYS[event.key] || { Home: -Infinity, End: Infinity }[event.key];
    if (!figure || event.target.type === "search") { return; }
    if (event.key === "Enter" && event.target.matches(".scroll")) {
      const fold = figure.querySelector(".tools");
      event.preventDefault(); // or it would press the button as well
      fold.open = true;
      fold.querySelector("button").focus();
    }
    if (!step) { return; }
    const found = stops(figure);
    const place = found.indexOf(event.target);
    if (place < 0) { return; }
    event.preventDefault();
    found[Math.max(0, Math.min(found.length - 1, place + step))].focus();
    oneStop(figure);
  };

  /* The rows of a table; those that are not shown are kept outside the document. */
  class Rows {
    constructor(figure, table) {
      this.table = table;
      this.figure = figure;
      this.groups = [...table.tBodies].map((body) => {
        const rows = [...body.rows];
        const head = rows[0] && rows[0].classList.contains("group") ? rows.shift() : null;
        // The first row of a group that closes is its total: it stays first.
        return { body, head, rows, total: head && head.querySelector("input") ? rows[0] : null };
      });
      this.size = this.groups.reduce((sum, group) => sum + group.rows.length, 0);
      this.query = [];
      this.column = -1;
      this.way = 1;
      this.whole = this.size <= MANY;
    }
    cell(row, column) { return words(row.cells[column]); }
    matches(group, row) {
      const text = " " + [words(group.head), words(row)].join(" ").toLowerCase();
      return this.query.every((word) => text.includes(word));
    }
    order(rows) {
      const { column, way } = this;
      return rows.sort((a, b) => {
        const [x, y] = [this.cell(a, column), this.cell(b, column)];
        return last(x, this.numeric) - last(y, this.numeric) || way * compare(x, y);
      });
    }
    /* The rows of every group as they stand now, groups in the order of their first row. */
    now() {
      let groups = this.groups.map((group) => ({
        ...group, rows: group.rows.filter((row) => this.matches(group, row)),
      })).filter((group) => group.rows.length);
      if (this.column < 0) { return groups; }
      const cells = groups.flatMap((group) => group.rows.map((row) => this.cell(row, this.column)));
      const filled = cells.filter((text) => !MISSING.test(text));
      this.numeric = filled.filter((text) => number(text)).length > filled.length / 2;
      for (const group of groups) {
        const rows = group.rows.filter((row) => row !== group.total);
        group.rows = [...group.rows.filter((row) => row === group.total), ...this.order(rows)];
      }
      const first = new Map(groups.map((group) => [group.rows[0], group]));
      return this.order([...first.keys()]).map((row) => first.get(row));
    }
    show() {
      const groups = this.now();
      const found = groups.reduce((sum, group) => sum + group.rows.length, 0);
      let room = this.whole || found <= MANY ? Infinity : FEW;
      this.table.classList.toggle("filtered", this.query.length > 0);
      for (const group of this.groups) { group.body.remove(); }
      for (const group of groups) {
        if (room <= 0) { break; }
        const rows = group.rows.slice(0, room);
        group.body.replaceChildren(...(group.head ? [group.head] : []), ...rows);
        this.table.append(group.body);
        room -= rows.length;
      }
      oneStop(this.figure);
      return { found, cut: found > MANY && !this.whole };
    }
    holds(id) { return this.groups.some((g) => g.rows.some((row) => row.id === id || row.querySelector("#" + CSS.escape(id)))); }
  }

  const tables = new Map(); // figure → its rows
  const title = (figure) => words(figure.querySelector(".title"));
  const marks = (element) => all(".badge", element.querySelector("figcaption, summary, .title, p") || element)
    .map((badge) => words(badge).replace(/^\[|\]$/g, ""));
  const run = document.body.dataset.run || "";
  const source = document.title + (run ? " (" + run + ")" : "");

  /* csv: as the table shows it, and in every row what data it rests on, its title and its page. */
  const quoted = (text) => (/[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text);
  const csv = (figure) => {
    const rows = tables.get(figure);
    const said = [marks(figure).join("; "), title(figure), source];
    const grouped = rows.groups.some((group) => group.head);
    const heads = [...rows.table.tHead.rows[0].cells].map(words);
    // A note is written out where it is named.
    const notes = new Map(all(".footnotes li", figure).map((note) => /^(Note [a-z]): (.*)$/s.exec(words(note)))
      .filter(Boolean).map(([, name, note]) => [name.toLowerCase(), note]));
    const lines = [["Data", ...(grouped ? ["Group"] : []), ...heads, "Table", "Page"]];
    for (const group of rows.groups) {
      for (const row of group.rows) {
        const cells = [...row.cells].map(words).map((text) => notes.get(text) || text);
        lines.push([said[0], ...(grouped ? [words(group.head)] : []), ...cells, said[1], said[2]]);
      }
    }
    return lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
  };
  const download = (figure) => {
    const name = [run, title(figure)].join(" ").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
    const file = new Blob(["\ufeff" + csv(figure)], { type: "text/csv" });
    const link = make("a", { href: URL.createObjectURL(file), download: name.replace(/^-|-$/g, "").slice(0, 90) + ".csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const copy = (figure) => {
    const rows = tables.get(figure);
    const before = rows.whole;
    rows.whole = true;
    rows.show();
    getSelection().selectAllChildren(rows.table);
    document.execCommand("copy");
    getSelection().removeAllRanges();
    rows.whole = before;
    rows.show();
  };
  /* A part that is copied without its badge takes the words of the badge along. */
  const marked = (event) => {
    const selection = getSelection();
    if (selection.isCollapsed || event.target.closest("input, textarea")) { return; }
    const range = selection.getRangeAt(0);
    const text = selection.toString();
    const missing = all(".shown").filter((each) => range.intersectsNode(each))
      .map((each) => ({ name: title(each), status: marks(each).join("; ") }))
      .filter(({ name, status }) => status && !(text.includes(name) && text.includes(status)))
      .map(({ name, status }) => name + " [" + status + "] " + source);
    if (!missing.length) { return; }
    const holder = make("div", {}, ...missing.map((line) => make("p", { textContent: line })));
    const around = range.commonAncestorContainer;
    const table = (around.closest ? around : around.parentElement).closest("table");
    holder.append(table ? make("table", {}, range.cloneContents()) : range.cloneContents());
    event.clipboardData.setData("text/plain", [...missing, text].join("\n"));
    event.clipboardData.setData("text/html", holder.innerHTML);
    event.preventDefault();
  };

  const tools = (figure) => {
    const button = (name, act) => {
      const made = make("button", { type: "button", textContent: name });
      made.addEventListener("click", () => { act(figure); close(); });
      return made;
    };
    const summary = make("summary", { textContent: "⋯", title: "Download or copy this table" });
    summary.setAttribute("aria-label", "Download or copy: " + title(figure));
    const fold = make("details", { className: "tools" }, summary);
    const close = () => { fold.open = false; (figure.querySelector('.scroll[tabindex="0"]') || summary).focus(); };
    fold.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); } });
    fold.append(make("div", {}, button("Download csv", download), button("Copy table", copy)));
    return fold;
  };
  /* The line above a long table: what is looked for, and how much of it there is. */
  const finder = (figure, rows) => {
    const field = make("input", { type: "search", placeholder: "Filter rows", autocomplete: "off" });
    field.setAttribute("aria-label", "Filter the rows of " + title(figure));
    const count = make("span", { className: "count" });
    count.setAttribute("role", "status");
    const more = make("button", { type: "button", className: "more" });
    const show = () => {
      const { found, cut } = rows.show();
      count.textContent = rows.query.length ? found + " of " + rows.size + " rows" : "";
      more.hidden = found <= MANY;
      more.textContent = cut ? "Show all " + found + " rows" : "Show the first " + FEW + " rows";
      settle(figure);
    };
    field.addEventListener("input", () => {
      rows.query = field.value.toLowerCase().replace(/-(?=\d)/g, "\u2212").split(/\s+/).filter(Boolean);
      show();
    });
    more.addEventListener("click", () => { rows.whole = !rows.whole; show(); });
    rows.refresh = show;
    figure.querySelector(".scroll").after(more);
    return make("p", { className: "find" }, field, " ", count);
  };
  const sortable = (rows) => {
    const heads = [...rows.table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      if (!words(head)) { return; }
      const button = make("button", { type: "button" }, ...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const again = rows.column === column;
        rows.column = again && rows.way < 0 ? -1 : column;
        rows.way = again ? -1 : 1;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        if (rows.column >= 0) { head.setAttribute("aria-sort", rows.way > 0 ? "ascending" : "descending"); }
        rows.refresh();
      });
    });
  };

  /* Only a table that is wider than its place, also in smaller letters, scrolls; and only then the
     keyboard stops at it. */
  const settle = (figure) => {
    const box = figure.querySelector(".scroll");
    if (!box) { return; }
    const wider = (tight) => {
      box.classList.toggle("tight", tight);
      return box.scrollWidth > box.clientWidth + 1;
    };
    const cut = wider(false) && wider(true) && (wider(false), true);
    box.classList.toggle("fits", !cut);
    if (cut) { box.setAttribute("role", "region"); } else { box.removeAttribute("role"); }
    // What scrolls by the arrow keys is the stop itself; then Enter opens its tools.
    const scrolls = cut && stops(figure).length < 2;
    // A box that scrolls is a stop of the browser's own where nothing says that it is none.
    if (cut) { box.tabIndex = scrolls ? 0 : -1; } else { box.removeAttribute("tabindex"); }
    if (cut) { box.setAttribute("aria-label", title(figure) + (scrolls ? ". Enter: download or copy" : "")); }
    else { box.removeAttribute("aria-label"); }
    const tool = figure.querySelector(".tools > summary");
    if (tool) { oneStop(figure); if (scrolls) { tool.tabIndex = -1; } }
  };
  const wake = (figure) => {
    const asleep = figure.querySelector("noscript");
    if (asleep) {
      const held = make("template", { innerHTML: asleep.textContent });
      asleep.replaceWith(held.content);
    }
    const table = figure.querySelector("table");
    if (tables.has(figure) || !table || !table.tHead) { return; }
    const rows = new Rows(figure, table);
    tables.set(figure, rows);
    const long = table.parentElement.classList.contains("long");
    const above = make("div", { className: "above" });
    if (long) { above.append(finder(figure, rows)); sortable(rows); }
    above.append(tools(figure));
    table.parentElement.before(above);
    if (long) { rows.refresh(); }
    oneStop(figure);
    width.observe(table.parentElement);
  };
  const width = new ResizeObserver((seen) => seen.forEach(({ target }) => settle(target.closest("figure"))));

  const figures = all("figure.table");
  for (const figure of figures) {
    const fold = figure.querySelector(":scope > details");
    if (fold) { fold.addEventListener("toggle", () => { if (fold.open) { wake(figure); settle(figure); oneStop(figure); } }); }
    if (!fold || fold.open) { wake(figure); }
  }
  document.addEventListener("keydown", walk);
  document.addEventListener("copy", marked);
  /* On paper everything is open and in full, and every table as wide as the sheet: in smaller
     letters where it needs more, and where those would be too small on a sheet that lies across,
     which has the heading before it as well. */
  const UPRIGHT = 680; // pixels between the margins of A4, and of letter paper
  const ACROSS = 945;
  const SMALLEST = 0.7;
  const fitted = () => {
    const boxes = [...tables.keys()].map((figure) => figure.querySelector(".scroll"));
    for (const box of boxes) {
      box.style.removeProperty("--fit");
      box.classList.add("paper");
      box.firstElementChild.style.width = "min-content";
    }
    const needs = boxes.map((box) => box.firstElementChild.offsetWidth);
    boxes.forEach((box, n) => {
      const across = needs[n] * SMALLEST > UPRIGHT;
      box.firstElementChild.style.width = "";
      box.style.setProperty("--fit", Math.min(1, (across ? ACROSS : UPRIGHT) / needs[n]));
      if (across) { [box.closest("figure"), ...headed(box.closest("figure"))].forEach((each) => each.classList.add("across")); }
    });
  };
  /* The words before a figure from their heading on; none where another figure stands between. */
  const headed = (figure) => {
    const before = [];
    for (let each = figure.previousElementSibling; each && !each.matches("figure"); each = each.previousElementSibling) {
      before.push(each);
      if (each.querySelector("h2")) { return before; }
    }
    return [];
  };
  addEventListener("beforeprint", () => {
    for (const figure of figures) {
      const fold = figure.querySelector(":scope > details");
      if (fold && !fold.open) { fold.open = fold.onPaper = true; }
      wake(figure);
      const rows = tables.get(figure);
      if (rows && !rows.whole) { rows.whole = rows.onPaper = true; rows.refresh(); }
    }
    fitted();
  });
  addEventListener("afterprint", () => {
    for (const [figure, rows] of tables) {
      const fold = figure.querySelector(":scope > details");
      if (fold && fold.onPaper) { fold.open = fold.onPaper = false; }
      if (rows.onPaper) { rows.whole = rows.onPaper = false; rows.refresh(); }
      figure.querySelector(".scroll").classList.remove("paper");
    }
  });

  /* A link to a row that is not laid out lays it out. */
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id) { return; }
    const figure = figures.find((each) => {
      const asleep = each.querySelector("noscript");
      return (asleep && asleep.textContent.includes('id="' + id + '"')) || each.contains(document.getElementById(id))
        || (tables.has(each) && tables.get(each).holds(id));
    });
    if (figure) {
      wake(figure);
      const rows = tables.get(figure);
      rows.whole = true;
      if (rows.refresh) { rows.refresh(); }
    }
    const target = document.getElementById(id);
    const fold = target && target.closest("details");
    if (fold) { fold.open = true; }
    // What was not laid out when the address was opened is no :target.
    if (figure && target) { target.classList.add("found"); }
    if (target && (figure || fold)) { target.scrollIntoView({ block: "center" }); }
  };
  /* An address or a citation is copied by its link, which leads there as well. */
  document.addEventListener("click", ({ target }) => {
    const link = target.closest(".cite a");
    if (!link) { return; }
    const entry = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    const cited = entry && entry.querySelector(".citation");
    const text = cited ? words(cited) + " " + link.href.replace("#cite-", "#") : link.href;
    navigator.clipboard?.writeText(text).then(() => { link.textContent = "Copied"; }, () => {});
  });
  addEventListener("hashchange", reveal);
  reveal();

  /* The contents: open beside the text where there is room, and the section one is in. */
  const contents = document.querySelector(".toc");
  if (contents) {
    const fold = contents.querySelector("details");
    const here = contents.querySelector(".here");
    const links = all("a", contents).map((link) => ({ link, head: document.getElementById(decodeURIComponent(link.hash.slice(1))) }));
    const beside = matchMedia("(min-width: 100rem)");
    const place = () => { fold.open = beside.matches; };
    beside.addEventListener("change", place);
    place();
    const mark = () => {
      const passed = links.filter(({ head }) => head && head.getBoundingClientRect().top < 140);
      const now = passed.length ? passed[passed.length - 1].link : null;
      for (const { link } of links) {
        if (link === now) { link.setAttribute("aria-current", "true"); } else { link.removeAttribute("aria-current"); }
      }
      here.textContent = now ? words(now) : "";
    };
    addEventListener("scroll", mark, { passive: true });
    mark();
    contents.addEventListener("click", (event) => { if (event.target.closest("a") && !beside.matches) { fold.open = false; } });
    contents.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !beside.matches) { fold.open = false; fold.querySelector("summary").focus(); }
    });
  }
})();
