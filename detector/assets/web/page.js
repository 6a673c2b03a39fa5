// The page: texts in, results and corrections out. What is shown is one of the sections of the
// document; what is known of each page is in `pages`.

import { ask, Failure } from "./api.js";
import { cleaned, History, regionsOf, trainingRecord } from "./correction.js";
import { Editor } from "./editor.js";
import { pagesOf } from "./files.js";
import { Offsets } from "./offsets.js";
import { copy, download, fileName, jsonLines } from "./output.js";
import { rows } from "./table.js";
import { count, summary, totals } from "./words.js";

const SECTIONS = ["input", "pages", "result", "correction"];
const PIECE_PAGES = 50;
const PIECE_CHARS = 500_000;
const SHOWN_MS = 10_000;
const BYTES = new TextEncoder();

const $ = (id) => document.getElementById(id);
const action = (name, section) => document.querySelector(`#${section} [data-do="${name}"]`);

let pages = [];
let page = null; // the one that is looked at
let limits = { body_bytes: Infinity };
let fading = 0;
let order = { key: "share", sign: -1 };
const editor = new Editor($("editor-text"), $("editor-regions"), (words, quiet = false) => {
  say(`${words}.`, quiet);
  tools();
});

// --- saying ---------------------------------------------------------------------------------------

// `quiet` is for what the page shows anyway, and is only read out. What is shown goes after a while.
function say(words, quiet = false) {
  clearTimeout(fading);
  $("status").textContent = words;
  $("status").classList.toggle("quiet", quiet);
  fading = setTimeout(() => $("status").classList.add("quiet"), SHOWN_MS);
}

function complain(words) {
  $("error").textContent = words;
  $("error").hidden = !words;
  if (words) {
    say("");
    $("error").scrollIntoView({ block: "nearest" });
  }
}

// Does something that may fail, and says so if it does.
async function attempt(work) {
  complain("");
  document.body.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    complain(error.message);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function show(section) {
  for (const id of SECTIONS) $(id).hidden = id !== section;
  if (section !== "result") $("view").replaceChildren();
  document.body.dataset.shows = section;
  scrollTo(0, 0);
  $(`${section}-title`).focus({ preventScroll: true });
}

// --- asking ---------------------------------------------------------------------------------------

function record({ id, text, preceding }) {
  const body = JSON.stringify({ id, text, preceding });
  if (BYTES.encode(body).length > limits.body_bytes) {
    throw new Failure(`This page is longer than the ${limits.body_bytes.toLocaleString("en")} bytes that the service takes.`);
  }
  return body;
}

// The record and the view of a page, which is asked for when it is looked at.
async function look(found) {
  if (found.view) return;
  say("Looking for filler …");
  const response = await ask("/page/view", record(found));
  Object.assign(found, await response.json());
}

// The records of all pages, a piece at a time.
async function lookAtAll() {
  const readable = pages.filter((each) => each.text !== undefined);
  for (let at = 0; at < readable.length; ) {
    const piece = [];
    let size = 0;
    while (at < readable.length && piece.length < PIECE_PAGES && (!piece.length || size < PIECE_CHARS)) {
      size += readable[at].text.length;
      piece.push(readable[at++]);
    }
    say(`Looking for filler … ${at} of ${readable.length} pages`);
    const response = await ask("/v1/batch", `[${piece.map(record).join(",")}]`);
    (await response.json()).forEach((found, k) => {
      if (found.error) piece[k].error = found.error.message;
      else piece[k].record = found;
    });
  }
}

async function open(found) {
  pages = found;
  page = null;
  if (pages.length === 1 && !pages[0].error) {
    await look(pages[0]);
    showResult(pages[0]);
  } else {
    await lookAtAll();
    showPages();
  }
}

// --- many pages -----------------------------------------------------------------------------------

function showPages() {
  const total = totals(pages);
  $("pages-title").textContent = total;
  action("training", "pages").hidden = !corrected().length;
  document.querySelector("#pages tbody").replaceChildren(...rows(pages, order));
  show("pages");
  say(`${total}.`, true);
}

function sort(button) {
  const key = button.dataset.sort;
  order = { key, sign: order.key === key ? -order.sign : key === "id" ? 1 : -1 };
  for (const head of document.querySelectorAll("#pages th[aria-sort]")) head.removeAttribute("aria-sort");
  button.closest("th").setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
  showPages();
  button.focus();
}

// --- one page -------------------------------------------------------------------------------------

function showResult(found) {
  page = found;
  $("result-title").textContent = page.id;
  $("view").innerHTML = page.view; // made by the service, which escapes whatever is of the text
  action("all", "result").hidden = pages.length < 2;
  show("result");
  say(summary(page.record), true);
}

// --- correcting -----------------------------------------------------------------------------------

function correct() {
  page.offsets ??= new Offsets(page.text);
  page.history ??= new History(regionsOf(page.record, page.offsets));
  $("correction-title").textContent = `Correct ${page.id}`;
  editor.open(page.text, page.history);
  show("correction");
  tools();
  say(`${count(page.history.current.length, "region")}.`, true);
}

// What can be done now.
function tools() {
  action("undo", "correction").disabled = !page.history.canUndo;
  action("redo", "correction").disabled = !page.history.canRedo;
  action("mark", "correction").textContent = editor.selection() ? "Mark selection" : "Mark last line";
}

function corrected() {
  return pages.filter((each) => each.history);
}

function training() {
  const done = corrected();
  const records = done.map((each) => trainingRecord(each, each.history.current, each.offsets));
  download("corrections.jsonl", jsonLines(records), "application/x-ndjson");
  say(`${count(done.length, "page")} downloaded; detector train --data corrections.jsonl takes it.`);
}

// The regions as they are now: found, or corrected.
function currentRegions() {
  page.offsets ??= new Offsets(page.text);
  return page.history?.current ?? regionsOf(page.record, page.offsets);
}

// --- what people do -------------------------------------------------------------------------------

const ACTIONS = {
  new: () => show("input"),
  all: showPages,
  correct,
  done: () => showResult(page),
  undo: () => editor.undo(),
  redo: () => editor.redo(),
  mark: () => editor.mark(),
  training,
  copy: () =>
    attempt(async () => {
      await copy(cleaned(page.text, currentRegions()));
      say("The text without its filler is in the clipboard.");
    }),
  download: () => download(fileName(page.id, ".json"), `${JSON.stringify(page.record)}\n`, "application/json"),
  "download-all": () =>
    download("results.jsonl", jsonLines(pages.map((each) => each.record ?? failure(each))), "application/x-ndjson"),
};

function failure({ id, error: message }) {
  return { version: 1, id, error: { kind: "unreadable", message } };
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.do) ACTIONS[button.dataset.do]();
  if (button?.dataset.sort) sort(button);
  if (button?.dataset.page) {
    const chosen = pages[button.dataset.page];
    attempt(async () => {
      await look(chosen);
      showResult(chosen);
    });
  }
});

// A press of this button leaves the selection as it is.
action("mark", "correction").addEventListener("mousedown", (event) => event.preventDefault());

document.querySelector("#input form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim()) {
    complain("There is no text yet. Paste the text of a page, or open a file.");
    $("text").focus();
    return;
  }
  attempt(() => open([{ id: "pasted text", text, preceding: $("preceding").value }]));
});

$("files").addEventListener("change", ({ target }) => {
  const files = [...target.files];
  target.value = "";
  if (files.length) attempt(async () => open(await pagesOf(files)));
});

document.addEventListener("selectionchange", () => {
  if (document.body.dataset.shows === "correction") tools();
});

document.addEventListener("keydown", (event) => {
  const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey);
  if (document.body.dataset.shows !== "correction" || !isUndo) return;
  event.preventDefault();
  if (event.shiftKey) editor.redo();
  else editor.undo();
});

// --- dropping -------------------------------------------------------------------------------------

const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  $("drop").hidden = false;
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (!relatedTarget) $("drop").hidden = true;
});
document.addEventListener("drop", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  $("drop").hidden = true;
  attempt(async () => open(await pagesOf([...event.dataTransfer.files])));
});

attempt(async () => {
  const about = await (await ask("/v1/model")).json();
  limits = about.limits;
  const threshold = about.threshold.name ?? `log-odds ${about.threshold.log_odds}`;
  $("about").textContent = `detector ${about.software}, model ${about.model}, threshold ${threshold}. Nothing is kept. A person should look before anything is deleted or held against anyone.`;
});
