// What the page says of results.

export const NOT_JUDGED = { short: "too short", language: "not English prose" };

export function count(n, noun) {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

export function percent(share) {
  return `${(100 * share).toFixed(1)}%`;
}

export function summary(found) {
  if (found.abstained) return `Not judged: ${NOT_JUDGED[found.abstained]}.`;
  if (!found.spans.length) return "No filler found.";
  return `${count(found.spans.length, "region")}, ${percent(found.filler_fraction)} of the page.`;
}

// What there is to say of many pages.
export function totals(pages) {
  const marked = pages.filter((each) => each.record?.spans.length).length;
  const failed = pages.filter((each) => each.error).length;
  return `${count(pages.length, "page")}, ${marked} with filler${failed ? `, ${failed} not read` : ""}`;
}
