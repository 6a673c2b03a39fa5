// Files become pages: {id, text, preceding}, or {id, error} for what cannot be read.

import { ask } from "./api.js";

const HTML = /\.html?$/i;
const LINES = /\.(jsonl|ndjson)$/i;

export async function pagesOf(files) {
  const found = [];
  for (const file of files) {
    if (LINES.test(file.name)) found.push(...(await pagesOfLines(file)));
    else found.push(await pageOf(file));
  }
  return found;
}

async function pageOf(file) {
  const { name: id } = file;
  try {
    if (HTML.test(id)) {
      const response = await ask("/v1/text", file, "text/html");
      return { id, text: (await response.json()).text, preceding: "" };
    }
    const text = await decoded(file);
    if (text.includes("\0")) throw new Error("not text; convert it to UTF-8 text");
    return { id, text, preceding: "" };
  } catch (error) {
    return { id, error: error.message };
  }
}

async function pagesOfLines(file) {
  let text;
  try {
    text = await decoded(file);
  } catch (error) {
    return [{ id: file.name, error: error.message }];
  }
  return text.split("\n").flatMap((line, k) => (line.trim() ? [pageOfLine(line, `${file.name}#${k + 1}`)] : []));
}

function pageOfLine(line, where) {
  let record;
  try {
    record = JSON.parse(line);
  } catch {
    return { id: where, error: "not JSON; correct the record" };
  }
  const { id, text, preceding } = record ?? {};
  const own = typeof id === "number" || (typeof id === "string" && id !== "") ? String(id) : where;
  if (typeof text !== "string") return { id: own, error: "no field 'text' that is a string; correct the record" };
  return { id: own, text, preceding: typeof preceding === "string" ? preceding : "" };
}

async function decoded(file) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error("not UTF-8; convert it to UTF-8");
  }
}

