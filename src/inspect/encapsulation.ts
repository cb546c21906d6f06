/** Wireshark's own numbers of link types (its wiretap library), by LINKTYPE_ number: `frame.encap_type`. */
const NUMBERS: ReadonlyMap<number, number> = new Map([
  [0, 15],
  [1, 1],
  [8, 3],
  [9, 4],
  [12, 7],
  [14, 7],
  [100, 10],
  [101, 7],
  [104, 28],
  [105, 20],
  [106, 11],
  [107, 26],
  [113, 25],
  [123, 13],
  [127, 23],
  [129, 9],
  [137, 67],
  [140, 42],
  [165, 63],
  [192, 97],
  [195, 104],
  [226, 124],
  [228, 129],
  [229, 130],
  [230, 127],
  [231, 146],
  [239, 141],
  [242, 180],
  [258, 171],
  [276, 210],
])

/** -1 when it is not known. */
export function encapsulation(linkType: number): number {
  return NUMBERS.get(linkType) ?? -1
}
