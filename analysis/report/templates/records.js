"use strict";
(() => {
  const { columns, rows, cells } = JSON.parse(document.getElementById("held").textContent);
  // A column of numbers is aligned like one; a participant or a word is read from the left.
  const numbers = columns.map((_, at) => rows.every((row) => row[at] === "" || !isNaN(row[at])));
  const byPlace = new Map(cells.map((cell) => [cell.at, cell]));
  const choice = document.getElementById("number");
  const body = document.getElementById("records");
  const line = (texts, tag) => {
    const row = document.createElement("tr");
    for (const text of texts) {
      const cell = document.createElement(tag);
      cell.textContent = text;
      const number = numbers[row.childElementCount];
      if (tag === "th") cell.scope = "col";
      if (number !== (tag === "td")) cell.className = number ? "number" : "word";
      row.append(cell);
    }
    return row;
  };
  const several = (number, word) => number + " " + word + (number === 1 ? "" : "s");
  document.querySelector("thead").append(line(columns, "th"));
  // Smaller letters where the columns do not fit; a box that scrolls is a stop of the keyboard.
  const box = document.querySelector(".records-of .scroll");
  const settle = () => {
    const wider = (tight) => {
      box.classList.toggle("tight", tight);
      return box.scrollWidth > box.clientWidth + 1;
    };
    const cut = wider(false) && wider(true);
    box.classList.toggle("fits", !cut);
    if (cut) { box.tabIndex = 0; } else { box.removeAttribute("tabindex"); }
  };
  const show = (cell) => {
    const what = cell.row + " \u00b7 " + cell.column + ": " + cell.shown;
    const counted = several(cell.participants, "participant") + ", " + several(cell.records.length, "record");
    document.getElementById("said").textContent = what + " \u2014 " + counted + ".";
    body.replaceChildren(...cell.records.map((number) => line(rows[number], "td")));
    choice.value = cell.at;
    settle();
  };
  const asked = () => byPlace.get(location.hash.slice(1)) || cells[0];
  choice.addEventListener("change", () => { location.hash = choice.value; });
  addEventListener("hashchange", () => show(asked()));
  addEventListener("resize", settle);
  show(asked());
})();
