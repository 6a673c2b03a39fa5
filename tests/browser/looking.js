// What the tests do in the page and ask of it.

const areaOf = () => document.querySelector("#editor-text");

// The text node that holds words, and where in it they begin.
function placeOf(words) {
  const walker = document.createTreeWalker(areaOf(), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.data.includes(words)) return [node, node.data.indexOf(words)];
  }
  throw new Error(`no node holds ${words}`);
}

// The point before words, or after them.
function pointAt([words, edge]) {
  const [node, begin] = placeOf(words);
  const at = edge === "start" ? begin : begin + words.length;
  const range = document.createRange();
  range.setStart(node, at);
  range.setEnd(node, at);
  const { x, y, height } = range.getBoundingClientRect();
  return [x, y + height / 2];
}

function selectWords(words) {
  const [node, at] = placeOf(words);
  getSelection().setBaseAndExtent(node, at, node, at + words.length);
}

function dropFile([name, text]) {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([text], name));
  for (const kind of ["dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
  }
}

// Controls in sight that a screen reader has no name for.
function unnamed() {
  const isNamed = (e) => e.labels?.length || e.ariaLabel || e.textContent.trim();
  const controls = document.querySelectorAll("input, select, textarea, button, [role=slider]");
  return [...controls].filter((e) => e.checkVisibility() && !isNamed(e)).map((e) => e.outerHTML);
}

// Contrast of pairs of the page's colours, as WCAG 2 defines it.
function contrasts(pairs) {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = (name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.color = `var(--${name})`;
    canvas.fillStyle = getComputedStyle(probe).color;
    probe.remove();
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return pairs.map((pair) => {
    const [low, high] = pair.map(luminance).sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  });
}

Object.assign(globalThis, { pointAt, selectWords, dropFile, unnamed, contrasts });
