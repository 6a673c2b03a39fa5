// Choosing a segment lights up what it repeats. Listens to the document, so that views can come
// and go.
(() => {
  "use strict";

  const SVG = "http://www.w3.org/2000/svg";
  const BULGE = 28; // pixels that a connecting mark keeps from the text

  const viewOf = (node) => node.closest(".pv");
  const segmentAt = (node) => (node instanceof Element ? node.closest(".pv-segment") : null);
  const tagOf = (segment) => segment.querySelector(".pv-tag");
  const chosenIn = (view) => view.querySelector(".pv-segment.pv-chosen");
  const numbers = (node, name) => (node.dataset[name] ?? "").split(" ").filter(Boolean);

  // --- the note ---------------------------------------------------------------------------------

  const hints = new WeakMap();

  const told = new WeakMap();

  // Where there is no room beside the text, the note comes up over it, if it `opens`.
  function tell(view, segment, opens = true) {
    const note = view.querySelector(".pv-note");
    if (segment === null || opens) note.classList.toggle("pv-open", segment !== null);
    if (segment !== null && told.get(note) === segment) return;
    told.set(note, segment);
    if (!hints.has(note)) hints.set(note, [...note.childNodes]);
    if (segment === null) {
      note.replaceChildren(...hints.get(note));
    } else {
      const reasons = document.getElementById(tagOf(segment).getAttribute("aria-describedby"));
      note.replaceChildren(...reasons.cloneNode(true).childNodes);
    }
  }

  // --- choosing ---------------------------------------------------------------------------------

  function passages(view, number) {
    return view.querySelectorAll(`[data-source~="${number}"]`);
  }

  function release(view) {
    const chosen = chosenIn(view);
    if (!chosen) return;
    chosen.classList.remove("pv-chosen");
    tagOf(chosen).setAttribute("aria-pressed", "false");
    for (const lit of view.querySelectorAll(".pv-lit, .pv-word")) {
      lit.classList.remove("pv-lit", "pv-word");
    }
    for (const mark of view.querySelectorAll(".pv-here")) mark.remove();
    view.querySelector(".pv-link").replaceChildren();
    tell(view, null);
  }

  function choose(segment) {
    const view = viewOf(segment);
    const again = segment.classList.contains("pv-chosen");
    release(view);
    if (again) return;
    segment.classList.add("pv-chosen");
    tagOf(segment).setAttribute("aria-pressed", "true");
    const places = [segment];
    for (const number of numbers(segment, "repeats")) {
      const found = passages(view, number);
      for (const passage of found) {
        passage.classList.add("pv-lit");
        const folded = passage.closest("details");
        if (folded) folded.open = true;
      }
      for (const word of view.querySelectorAll(`[data-shared~="${number}"]`)) {
        word.classList.add("pv-word");
      }
      const anchor = document.getElementById(`${view.id}-passage-${number}`);
      if (anchor && !anchor.closest(".pv-before")) places.push(anchor);
    }
    for (const place of places) markOnStrip(view, place);
    tell(view, segment);
    segment.scrollIntoView({ block: "nearest" }); // the note may have come up over it
    draw(view);
    sizes.observe(view.querySelector(".pv-column"));
  }

  // --- the connecting mark ------------------------------------------------------------------------

  function extent(nodes, origin) {
    const boxes = [...nodes].flatMap((node) => [...node.getClientRects()]);
    const top = Math.min(...boxes.map((box) => box.top)) - origin;
    const bottom = Math.max(...boxes.map((box) => box.bottom)) - origin;
    return { top, bottom, middle: (top + bottom) / 2 };
  }

  function shape(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function draw(view) {
    const link = view.querySelector(".pv-link");
    const chosen = chosenIn(view);
    link.replaceChildren();
    if (!chosen) return;
    const column = view.querySelector(".pv-column").getBoundingClientRect();
    const text = view.querySelector(".pv-text");
    const margin = parseFloat(getComputedStyle(text).paddingRight);
    const x = column.width - margin + 6;
    const far = x + Math.min(BULGE, margin - 10);
    const to = extent([chosen], column.top);
    for (const number of numbers(chosen, "repeats")) {
      const found = passages(view, number);
      if (!found.length) continue;
      const from = extent(found, column.top);
      for (const side of [from, to]) {
        link.append(shape("path", { d: `M${x} ${side.top}V${side.bottom}` }));
      }
      const curve = `M${x} ${to.middle}C${far} ${to.middle} ${far} ${from.middle} ${x + 5} ${from.middle}`;
      link.append(
        shape("path", { d: curve, "data-link": number }),
        shape("path", { class: "pv-arrow", d: `M${x} ${from.middle}l7-4v8z` }),
      );
    }
  }

  function markOnStrip(view, { dataset: { start, end } }) {
    const strip = view.querySelector(".pv-strip");
    const scale = strip.viewBox.baseVal.height / view.dataset.chars;
    const height = Math.max((end - start) * scale, 4);
    strip.append(shape("rect", { class: "pv-here", x: 0, width: 12, y: start * scale, height }));
  }

  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.isConnected) draw(viewOf(target));
      else sizes.unobserve(target);
    }
  });

  // --- what people do -----------------------------------------------------------------------------

  document.addEventListener("click", ({ target }) => {
    const segment = segmentAt(target);
    // Whoever selects text has not chosen a segment.
    if (segment && getSelection().isCollapsed) choose(segment);
    const text = target instanceof Element && target.closest(".pv-text");
    if (text && !segment) release(viewOf(text));
  });

  // The note stays when the pointer leaves, so that it can be read and its links be followed.
  function point({ target }, opens) {
    const segment = segmentAt(target);
    if (segment) tell(viewOf(segment), segment, opens);
  }
  // Text that scrolls below a pointer at rest is not pointed at.
  let at = "";
  document.addEventListener("pointermove", (event) => {
    const place = `${event.clientX} ${event.clientY}`;
    if (event.pointerType === "mouse" && place !== at) point(event, false);
    at = place;
  });
  // A click gives focus, too, but has something else in mind.
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(":focus-visible")) point(event, true);
  });

  function letGo() {
    for (const view of document.querySelectorAll(".pv:has(.pv-note)")) {
      const chosen = chosenIn(view);
      release(view);
      if (chosen) tagOf(chosen).focus();
      tell(view, null);
    }
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") letGo();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".pv-tag")) return;
    const tags = [...viewOf(event.target).querySelectorAll(".pv-tag")];
    const next = tags[tags.indexOf(event.target) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });
})();
