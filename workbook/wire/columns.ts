/** Text that came over the wire, made fit for the columns of a terminal. */

/**
 * The text without what would move the cursor, colour the screen or turn the reading direction: such
 * characters become their code, e.g. `\x1b`. Whoever sends a packet must not drive our terminal.
 */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
  });
}

/** How many columns a terminal needs for the text. */
export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  return cellsOf(text).length;
}

/** The text in at most so many columns. What tells names and topics apart stands at their ends. */
export function shorten(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  const cells = cellsOf(text);
  const start = Math.ceil((room - 1) * 0.6);
  const head = cells.slice(0, start);
  // The second column of a wide letter is an empty cell: without its letter it would be missing.
  if (cells[start] === "") head[start - 1] = " ";
  const tail = cells.slice(cells.length - (room - 1 - start));
  if (tail[0] === "") tail[0] = " ";
  return [...head, "…", ...tail].slice(0, room).join("");
}

/** The text without its beginning in at most so many columns. */
export function shortenStart(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  const tail = cellsOf(text).slice(-(room - 1));
  if (tail[0] === "") tail[0] = " ";
  return ["…", ...tail].join("");
}

/** The text without its end in at most so many columns. */
export function shortenEnd(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  const cells = cellsOf(text);
  const head = cells.slice(0, room - 1);
  if (cells[room - 1] === "") head[room - 2] = " ";
  return [...head, "…"].join("");
}

/** A name in no more room than a list or a document has for one. A client id may have 65,535 bytes. */
export function shortName(name: string): string {
  return shorten(name, 40);
}

/** One element for each column: a letter with its marks, and after a wide one an empty string. */
export function cellsOf(text: string): string[] {
  if (isPlain(text)) return [...text];
  segmenter ??= new Intl.Segmenter();
  const cells: string[] = [];
  for (const { segment } of segmenter.segment(text)) {
    if (wide.test(segment)) cells.push(segment, "");
    // A mark without a letter before it needs one to stand on.
    else cells.push(/^\p{M}/u.test(segment) ? ` ${segment}` : segment);
  }
  return cells;
}

/** Nothing but letters that fill one column each: no need to look closer, which is slow. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e\xa1-\xac\xae-\u02ff…]*$/.test(text);
}

let segmenter: Intl.Segmenter | undefined;

/** Letters of East Asia and pictures; half-width katakana is narrow. */
const wide =
  /^(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]|\ufe0f/u;
