// The table of many pages.

import { element } from "./element.js";
import { NOT_JUDGED, percent } from "./words.js";

const KEYS = {
  id: (each) => each.id,
  share: (each) => each.record?.filler_fraction ?? -1,
  regions: (each) => each.record?.spans.length ?? -1,
  chars: (each) => each.record?.n_chars ?? -1,
};

// A row for each page, in the order of one column; `sign` is -1 for the largest first.
export function rows(pages, { key, sign }) {
  const keyed = pages.map((page, k) => [KEYS[key](page), k]);
  keyed.sort(([a, j], [b, k]) => sign * (a < b ? -1 : a > b ? 1 : 0) || j - k);
  return keyed.map(([, k]) => row(pages[k], k));
}

function row(each, k) {
  if (each.error) {
    return element("tr", { className: "failed" }, element("th", { scope: "row" }, each.id), element("td", { colSpan: 3 }, `not read: ${each.error}`));
  }
  const found = each.record;
  const link = element("button", { type: "button", className: "link", "data-page": k }, each.id);
  const share = found.abstained ? `not judged: ${NOT_JUDGED[found.abstained]}` : percent(found.filler_fraction);
  const meter = element("meter", { min: 0, max: 1, value: found.filler_fraction, "aria-hidden": "true" });
  const mark = each.history ? " corrected" : "";
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, link, element("small", {}, mark)),
    element("td", {}, element("span", { className: "share" }, share), ...(found.abstained ? [] : [meter])),
    element("td", {}, String(found.spans.length)),
    element("td", {}, found.n_chars.toLocaleString("en")),
  );
}
