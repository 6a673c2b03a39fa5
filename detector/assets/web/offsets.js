// Offsets of the service count code points, those of the browser UTF-16 units. This is the one place
// where they meet.

const PAIR = /[\uD800-\uDBFF][\uDC00-\uDFFF]/g;

export class Offsets {
  #pairs; // where the surrogate pairs of the text begin, in units

  constructor(text) {
    this.#pairs = Array.from(text.matchAll(PAIR), (pair) => pair.index);
    this.points = text.length - this.#pairs.length;
  }

  // Code points before a unit; the middle of a pair counts as its beginning.
  toPoints(unit) {
    return unit - this.#before((pair) => pair < unit);
  }

  // Units before a code point.
  toUnits(point) {
    return point + this.#before((pair, k) => pair - k < point);
  }

  // How many pairs a test holds for, which it does for the first ones only.
  #before(test) {
    let low = 0;
    let high = this.#pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (test(this.#pairs[middle], middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
