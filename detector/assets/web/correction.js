// A page's regions as a person corrects them. Nothing here is changed in place, so that undoing is
// going back. Offsets count UTF-16 units; they become code points where regions come in and go out.

// --- in and out -----------------------------------------------------------------------------------

// The regions of a record of the service.
export function regionsOf(record, offsets) {
  const unit = ({ start, end }) => ({ start: offsets.toUnits(start), end: offsets.toUnits(end) });
  return record.spans.map((span) => ({
    ...unit(span),
    form: span.form,
    segments: span.segments.map((segment) => ({ ...unit(segment), label: segment.label })),
  }));
}

// The record that `detector train --data` takes: each line of a region with its label.
export function trainingRecord({ id, text }, regions, offsets) {
  const spans = regions.flatMap(({ form, segments }) =>
    segments.map(({ start, end, label }) => ({
      start: offsets.toPoints(start),
      end: offsets.toPoints(end),
      label,
      form,
    })),
  );
  return { id, text, spans };
}

// The text without its regions.
export function cleaned(text, regions) {
  let at = 0;
  const kept = regions.map(({ start, end }) => {
    const piece = text.slice(at, start);
    at = end;
    return piece;
  });
  return kept.join("") + text.slice(at);
}

// --- changes --------------------------------------------------------------------------------------

// An end of a region moved to a unit, as far as its neighbours and its other end allow. Lines that
// come in get the label of the line at that end.
export function moved(text, regions, index, edge, unit) {
  const region = regions[index];
  const at = within(limits(text, regions, index, edge), aligned(text, unit));
  const { start, end } = { ...region, [edge]: at };
  const { label } = edge === "start" ? region.segments[0] : region.segments.at(-1);
  const labelled = (from, to, label) => lines(text, from, to).map((line) => ({ ...line, label }));
  const before = labelled(start, region.start, label);
  const inside = region.segments.flatMap((segment) =>
    labelled(Math.max(segment.start, start), Math.min(segment.end, end), segment.label),
  );
  const after = labelled(region.end, end, label);
  const segments = sewn(text, sewn(text, before, inside), after);
  return segments.length ? replaced(regions, index, made(region.form, segments)) : regions;
}

// An end of a region moved by a character, word or line, over the white space there is.
export function stepped(text, regions, index, edge, direction, size) {
  const region = regions[index];
  const [low, high] = limits(text, regions, index, edge);
  let unit = region[edge];
  while (direction < 0 ? unit > low : unit < high) {
    unit = STEPS[size](text, direction, unit);
    const next = moved(text, regions, index, edge, unit);
    if (next[index][edge] !== region[edge]) return next;
  }
  return regions;
}

// Where to look next; what is not a place for this end is trimmed away by moving there.
const STEPS = {
  character: (text, direction, unit) =>
    direction < 0 ? aligned(text, unit - 1) : unit + (aligned(text, unit + 1) === unit ? 2 : 1),
  word: (text, direction, unit) => scan(text, direction, unit, /\s/),
  line: (text, direction, unit) => scan(text, direction, unit, /[\r\n]/),
};

// The next place in a direction where a separator is on one side and something else on the other.
function scan(text, direction, unit, separator) {
  const inside = (k) => k >= 0 && k < text.length && !separator.test(text[k]);
  let at = unit + direction;
  while (at > 0 && at < text.length && inside(at - 1) === inside(at)) at += direction;
  return at;
}

// From where to where an end of a region can move.
export function limits(text, regions, index, edge) {
  const { start, end } = regions[index];
  if (edge === "start") return [regions[index - 1]?.end ?? 0, aligned(text, end - 1)];
  return [start + 1, regions[index + 1]?.start ?? text.length];
}

// All lines of a region with one label.
export function relabelled(regions, index, label) {
  const { form, segments } = regions[index];
  const same = segments.map((segment) => ({ ...segment, label }));
  return replaced(regions, index, made(form, same));
}

// A region of another form.
export function reformed(regions, index, form) {
  return replaced(regions, index, { ...regions[index], form });
}

// One line with another label; as `original` it leaves the region, which it may part in two.
export function lineRelabelled(regions, index, k, label) {
  const { form, segments } = regions[index];
  if (label !== "original") {
    const line = { ...segments[k], label };
    return replaced(regions, index, made(form, segments.with(k, line)));
  }
  const parts = [segments.slice(0, k), segments.slice(k + 1)].filter((part) => part.length);
  return replaced(regions, index, ...parts.map((part) => made(form, part)));
}

// A stretch as a region of its own. Null if there is nothing in it, or a region in its way.
export function added(text, regions, start, end, label, form) {
  const found = lines(text, aligned(text, start), aligned(text, end));
  if (!found.length) return null;
  const region = made(form, found.map((line) => ({ ...line, label })));
  if (regions.some((other) => other.start < region.end && region.start < other.end)) return null;
  return [...regions, region].sort((a, b) => a.start - b.start);
}

// The last line that no region holds; null if there is none.
export function lastFreeLine(text, regions) {
  let to = text.length;
  for (const { start, end } of [...regions, { start: 0, end: 0 }].reverse()) {
    const free = lines(text, end, to);
    if (free.length) return free.at(-1);
    to = start;
  }
  return null;
}

// Where an end that is dropped in the middle of a word belongs.
export function snapped(text, edge, unit) {
  const holds = (k) => k >= 0 && k < text.length && !/\s/.test(text[k]);
  let at = unit;
  while (holds(at - 1) && holds(at)) at += edge === "start" ? -1 : 1;
  return at;
}

export function removed(regions, index) {
  return replaced(regions, index);
}

// --- their parts ----------------------------------------------------------------------------------

function made(form, segments) {
  return { start: segments[0].start, end: segments.at(-1).end, form, segments };
}

function replaced(regions, index, ...by) {
  return regions.toSpliced(index, 1, ...by);
}

// The lines of a stretch that hold anything, without white space at their ends.
function lines(text, start, end) {
  return Array.from(text.slice(start, end).matchAll(/\S(?:[^\r\n]*\S)?/gu), (found) => ({
    start: start + found.index,
    end: start + found.index + found[0].length,
  }));
}

// Two runs of segments, one where they meet on a line.
function sewn(text, left, right) {
  const [last, first] = [left.at(-1), right[0]];
  if (!last || !first || /[\r\n]/.test(text.slice(last.end, first.start))) return [...left, ...right];
  return [...left.slice(0, -1), { ...first, start: last.start }, ...right.slice(1)];
}

// A unit that is not in the middle of a surrogate pair.
function aligned(text, unit) {
  const code = text.charCodeAt(unit);
  const before = text.charCodeAt(unit - 1);
  const isMiddle = code >= 0xdc00 && code < 0xe000 && before >= 0xd800 && before < 0xdc00;
  return isMiddle ? unit - 1 : unit;
}

function within([low, high], value) {
  return Math.max(low, Math.min(high, value));
}

// --- undoing --------------------------------------------------------------------------------------

export class History {
  #states;
  #at = 0;

  constructor(first) {
    this.#states = [first];
  }

  get current() {
    return this.#states[this.#at];
  }

  get canUndo() {
    return this.#at > 0;
  }

  get canRedo() {
    return this.#at < this.#states.length - 1;
  }

  add(state) {
    this.#states.splice(++this.#at, Infinity, state);
  }

  undo() {
    if (this.canUndo) this.#at -= 1;
  }

  redo() {
    if (this.canRedo) this.#at += 1;
  }
}
