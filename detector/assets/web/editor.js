// The text with its regions as a person corrects them: ends that can be dragged, and a form a region.

import * as regions from "./correction.js";
import { element } from "./element.js";

const FORMS = ["interview", "faq", "takeaways", "closing", "other"];
const LABELS = { derivative: "derivative: repeats the page", padded: "padded: would fit any page" };
const LINE_LABELS = ["derivative", "padded", "original"];
const KEYS = { ArrowLeft: [-1, "character"], ArrowRight: [1, "character"], ArrowUp: [-1, "line"], ArrowDown: [1, "line"] };

export class Editor {
  #text;
  #history;
  #panel;
  #area;
  #report;
  #places = new WeakMap(); // text nodes, and the units of the text before them
  #drag = null;

  // `area` holds the text, `panel` the forms; `report` is told what has changed, in words, and
  // whether that can be seen anyway.
  constructor(area, panel, report) {
    this.#area = area;
    this.#panel = panel;
    this.#report = report;
    area.addEventListener("pointerdown", (event) => this.#take(event));
    area.addEventListener("pointermove", (event) => this.#follow(event));
    area.addEventListener("pointerup", () => this.#drop());
    area.addEventListener("pointercancel", () => this.#drop());
    area.addEventListener("keydown", (event) => this.#step(event));
    panel.addEventListener("change", (event) => this.#choose(event.target));
    panel.addEventListener("click", (event) => this.#press(event.target.closest("button")));
  }

  open(text, history) {
    this.#text = text;
    this.#history = history;
    this.#draw(history.current);
  }

  // --- changes ------------------------------------------------------------------------------------

  #change(next, words, focus) {
    if (next === this.#history.current) return;
    this.#history.add(next);
    this.#draw(next, focus);
    this.#report(words, true);
  }

  undo() {
    this.#history.undo();
    this.#draw(this.#history.current);
    this.#report("Undone", true);
  }

  redo() {
    this.#history.redo();
    this.#draw(this.#history.current);
    this.#report("Done again", true);
  }

  // The selected stretch as a new region, or the last line that is free.
  mark() {
    const stretch = this.selection() ?? regions.lastFreeLine(this.#text, this.#history.current);
    if (!stretch) {
      this.#report("There is no line left to mark");
      return;
    }
    const next = regions.added(this.#text, this.#history.current, stretch.start, stretch.end, "padded", "interview");
    if (!next) {
      this.#report("The selection is empty or touches a region; move the end of that region instead");
      return;
    }
    getSelection().removeAllRanges();
    const index = next.findIndex((region) => !this.#history.current.includes(region));
    this.#change(next, `Region ${index + 1} added`, `handle-${index}-start`);
  }

  // The units of the text that are selected; null if none are.
  selection() {
    const selected = getSelection();
    if (selected.isCollapsed || !selected.rangeCount) return null;
    const range = selected.getRangeAt(0);
    if (!this.#area.contains(range.commonAncestorContainer)) return null;
    const start = this.#unit(range.startContainer, range.startOffset);
    const end = this.#unit(range.endContainer, range.endOffset);
    return start < end ? { start, end } : null;
  }

  // --- from the document to units -------------------------------------------------------------------

  #unit(node, offset) {
    if (this.#places.has(node)) return this.#places.get(node) + offset;
    // Between elements: what text comes next, or the end.
    const walker = document.createTreeWalker(this.#area, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    range.setStart(node, offset);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
      if (this.#places.has(text) && range.comparePoint(text, 0) >= 0) return this.#places.get(text);
    }
    return this.#text.length;
  }

  #unitAt(x, y) {
    const caret = document.caretPositionFromPoint
      ? document.caretPositionFromPoint(x, y)
      : document.caretRangeFromPoint(x, y);
    const node = caret?.offsetNode ?? caret?.startContainer;
    if (!node || !this.#area.contains(node)) return null;
    return this.#unit(node, caret.offset ?? caret.startOffset);
  }

  // --- dragging -------------------------------------------------------------------------------------

  #take(event) {
    const handle = event.target.closest(".handle");
    if (!handle) return;
    event.preventDefault();
    // The area keeps the pointer, as handles are drawn anew on the way.
    this.#area.setPointerCapture(event.pointerId);
    this.#area.classList.add("dragging");
    handle.focus();
    const { index, edge } = handle.dataset;
    this.#drag = { index: Number(index), edge, next: this.#history.current, frame: 0 };
  }

  #follow({ clientX, clientY }) {
    const drag = this.#drag;
    if (!drag) return;
    cancelAnimationFrame(drag.frame);
    drag.frame = requestAnimationFrame(() => {
      const unit = this.#unitAt(clientX, clientY);
      if (unit === null) return;
      const at = regions.snapped(this.#text, drag.edge, unit);
      drag.next = regions.moved(this.#text, this.#history.current, drag.index, drag.edge, at);
      this.#draw(drag.next, `handle-${drag.index}-${drag.edge}`);
    });
  }

  #drop() {
    const drag = this.#drag;
    if (!drag) return;
    cancelAnimationFrame(drag.frame);
    this.#drag = null;
    this.#area.classList.remove("dragging");
    this.#moveTo(drag.next, drag.index, drag.edge);
  }

  #step(event) {
    const handle = event.target.closest(".handle");
    const key = KEYS[event.key];
    if (!handle || !key) return;
    event.preventDefault();
    const [direction, size] = key;
    const by = size === "character" && (event.ctrlKey || event.altKey) ? "word" : size;
    const index = Number(handle.dataset.index);
    const { edge } = handle.dataset;
    this.#moveTo(regions.stepped(this.#text, this.#history.current, index, edge, direction, by), index, edge);
  }

  #moveTo(next, index, edge) {
    const words = `Region ${index + 1} ${edge === "start" ? "begins" : "ends"} ${this.#beside(next[index], edge)}`;
    this.#change(next, words, `handle-${index}-${edge}`);
  }

  // Words by which an end can be found.
  #beside({ start, end }, edge) {
    const near = edge === "start" ? this.#text.slice(start, start + 40) : this.#text.slice(Math.max(0, end - 40), end);
    return `${edge === "start" ? "before" : "after"} “${near.replace(/\s+/g, " ")}”`;
  }

  // --- the forms ------------------------------------------------------------------------------------

  #choose(field) {
    const index = Number(field.dataset.index);
    const now = this.#history.current;
    const { value } = field;
    if (field.name === "form") {
      this.#change(regions.reformed(now, index, value), `Region ${index + 1} is now: ${value}`, field.id);
    } else if (field.name === "all" && value) {
      this.#change(regions.relabelled(now, index, value), `All lines are now: ${value}`, field.id);
    } else if (field.name === "line") {
      const next = regions.lineRelabelled(now, index, Number(field.dataset.line), value);
      this.#change(next, `The line is now: ${value}`, field.id);
    }
  }

  #press(button) {
    if (!button) return;
    const index = Number(button.dataset.index);
    if (button.name === "remove") {
      this.#change(regions.removed(this.#history.current, index), `Region ${index + 1} removed`);
      this.#area.focus();
    } else {
      const handle = document.getElementById(`handle-${index}-start`);
      handle.scrollIntoView({ block: "center" });
      handle.focus();
    }
  }

  // --- drawing --------------------------------------------------------------------------------------

  #draw(now, focus) {
    const unfolded = [...this.#panel.querySelectorAll("details[open]")].map((details) => details.id);
    const pieces = [];
    let at = 0;
    now.forEach((region, index) => {
      pieces.push(this.#piece(at, region.start), this.#region(region, index));
      at = region.end;
    });
    pieces.push(this.#piece(at, this.#text.length));
    this.#area.replaceChildren(...pieces);
    if (!this.#drag) this.#panel.replaceChildren(...this.#forms(now));
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    const focused = focus && document.getElementById(focus);
    focused?.focus({ preventScroll: true });
    if (!this.#drag) focused?.scrollIntoView({ block: "nearest" });
  }

  #piece(start, end) {
    const node = document.createTextNode(this.#text.slice(start, end));
    this.#places.set(node, start);
    return node;
  }

  #region(region, index) {
    const mark = element("mark", { className: "region", "data-index": index });
    mark.append(this.#handle(region, index, "start"));
    let at = region.start;
    for (const { start, end, label } of region.segments) {
      if (at < start) mark.append(this.#piece(at, start));
      mark.append(element("span", { className: `segment ${label}` }, this.#piece(start, end)));
      at = end;
    }
    mark.append(this.#handle(region, index, "end"));
    return mark;
  }

  #handle(region, index, edge) {
    const unit = region[edge];
    return element("span", {
      id: `handle-${index}-${edge}`,
      className: `handle ${edge}`,
      role: "slider",
      tabindex: 0,
      "data-index": index,
      "data-edge": edge,
      "aria-label": `${edge === "start" ? "Begin" : "End"} of region ${index + 1}`,
      "aria-valuemin": 0,
      "aria-valuemax": this.#text.length,
      "aria-valuenow": unit,
      "aria-valuetext": this.#beside(region, edge),
    });
  }

  #forms(now) {
    if (!now.length) return [element("p", { className: "hint" }, "No region. Select text to mark it, or leave it so: a page without filler teaches as much.")];
    return now.map((region, index) => {
      const id = `region-${index}`;
      const title = element("h3", { id }, `Region ${index + 1}`);
      const form = select(`${id}-form`, "form", FORMS, region.form, { "data-index": index });
      const all = select(`${id}-all`, "all", { "": "change all lines to …", ...LABELS }, "", { "data-index": index });
      return element(
        "section",
        { "aria-labelledby": id, className: "region-form" },
        title,
        element("p", { className: "quote" }, excerpt(this.#text, region)),
        labelled("Form", form),
        labelled("Lines", all),
        this.#lines(region, index),
        element("div", { className: "actions" },
          element("button", { type: "button", name: "show", "data-index": index }, "Show"),
          element("button", { type: "button", name: "remove", "data-index": index }, "Remove"),
        ),
      );
    });
  }

  #lines({ segments }, index) {
    const items = segments.map((segment, k) => {
      const id = `region-${index}-line-${k}`;
      const field = select(id, "line", LINE_LABELS, segment.label, { "data-index": index, "data-line": k });
      return element("li", {}, element("label", { htmlFor: id }, excerpt(this.#text, segment)), field);
    });
    const summary = element("summary", {}, `Line by line (${segments.length})`);
    return element("details", { id: `region-${index}-lines` }, summary, element("ol", {}, ...items));
  }
}

function select(id, name, options, chosen, attributes) {
  const entries = Array.isArray(options) ? options.map((value) => [value, value]) : Object.entries(options);
  const children = entries.map(([value, words]) => element("option", { value, selected: value === chosen }, words));
  return element("select", { id, name, ...attributes }, ...children);
}

function labelled(words, field) {
  return element("p", { className: "field" }, element("label", { htmlFor: field.id }, words), field);
}

function excerpt(text, { start, end }) {
  const words = text.slice(start, Math.min(end, start + 80)).replace(/\s+/g, " ");
  return end > start + 80 ? `${words}…` : words;
}
