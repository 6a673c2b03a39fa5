// What leaves the page: files and the clipboard.

export function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function jsonLines(records) {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

// Copies text as it is, line breaks and all; where a page may not write to the clipboard (without
// HTTPS, on another machine) by way of the command of the menu.
export async function copy(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const give = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", give, { once: true });
  document.execCommand("copy");
}

// The name of a page as that of a file.
export function fileName(id, suffix) {
  const stem = id.split("/").at(-1).replace(/\.\w+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "-");
  return `${stem.slice(0, 60) || "page"}${suffix}`;
}
