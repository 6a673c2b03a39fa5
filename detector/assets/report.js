// The report around the views: light or dark, the order of the index, and what links unfold.
(() => {
  "use strict";

  // --- light or dark ------------------------------------------------------------------------------

  const root = document.documentElement;
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const name = () => (button.textContent = isDark() ? "Light colours" : "Dark colours");

  button.hidden = false;
  name();
  system.addEventListener("change", name);
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
  });

  // --- the index ----------------------------------------------------------------------------------

  const index = document.getElementById("index");

  function sort(head) {
    const heads = [...head.parentNode.children];
    const column = heads.indexOf(head);
    const numeric = head.dataset.sort === "number";
    // Numbers begin with the largest, words with A.
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const key = numeric
      ? (row) => Number(row.cells[column].dataset.value)
      : (row) => row.cells[column].textContent;
    const compare = numeric ? (a, b) => a - b : new Intl.Collator("en", { numeric: true }).compare;
    const body = index.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row), row]);
    rows.sort(([a], [b]) => sign * compare(a, b));
    body.append(...rows.map(([, row]) => row));
  }

  index?.tHead.addEventListener("click", ({ target }) => {
    if (target.matches("button")) sort(target.closest("th"));
  });

  // --- links --------------------------------------------------------------------------------------

  // Browsers unfold what a link leads to, but not all of them, and not its own folded page.
  function unfold() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let at = target.closest("details"); at; at = at.parentNode.closest("details")) {
      at.open = true;
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();
})();
