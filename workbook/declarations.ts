import jsTokens from "js-tokens";

/** A piece of a TypeScript file at its top level: a function, a type, an import, a statement. */
export interface Declaration {
  /** What it declares; `undefined` for imports and statements. */
  readonly name: string | undefined;
  /** Where it begins in the file, with the comments directly above it. */
  readonly start: number;
  /** Where it ends, with a comment behind it on its last line. */
  readonly end: number;
  /** Its text without the comments above it. */
  readonly code: string;
}

interface Piece {
  start: number;
  codeStart: number;
  end: number;
  words: string[];
}

/**
 * Cut a file into its top-level declarations. It reads tokens rather than a grammar, so that it also
 * finds its way in a file that does not compile: an answer that is half written is still somebody's work.
 */
export function listDeclarations(source: string): Declaration[] {
  const pieces: Piece[] = [];
  let offset = 0;
  let depth = 0;
  let previous = "";
  let startsLine = true;
  let comments: number | undefined;
  for (const { type, value } of jsTokens(source)) {
    const at = offset;
    offset += value.length;
    if (type === "WhiteSpace") continue;
    if (type === "LineTerminatorSequence") {
      startsLine = true;
    } else if (/Comment$/.test(type)) {
      const piece = pieces.at(-1);
      if (piece && !startsLine) piece.end = offset;
      else comments ??= at;
    } else {
      const first = value === "export" && startsLine && /(^|\n)$/.test(source.slice(0, at));
      // No function is exported from within another one: here something above was not closed.
      if (first) depth = 0;
      if (first || (depth === 0 && startsLine && begins(type, value, previous))) {
        pieces.push({ start: comments ?? at, codeStart: at, end: offset, words: [] });
      }
      const piece = pieces.at(-1);
      if (piece) {
        piece.end = offset;
        if (depth === 0) piece.words.push(value);
      }
      if (type === "Punctuator" && /^[([{]$/.test(value)) depth++;
      if (type === "Punctuator" && /^[)\]}]$/.test(value)) depth = Math.max(0, depth - 1);
      previous = value;
      startsLine = false;
      comments = undefined;
    }
  }
  return pieces.map(({ start, codeStart, end, words }) => ({
    name: nameIn(words),
    start,
    end,
    code: source.slice(codeStart, end),
  }));
}

/** All that a file has under a name, overloads too, as one declaration; `undefined` where it is not. */
export function findDeclaration(source: string, name: string): Declaration | undefined {
  const all = listDeclarations(source).filter((declaration) => declaration.name === name);
  const [first, last] = [all[0], all.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { ...first, end: last.end, code: all.map(({ code }) => code).join("\n") };
}

const keywords = /^(import|export|function|async|const|let|var|class|interface|type|enum|declare)$/;
const modifiers = /^(export|default|declare|abstract|async)$/;

/** Whether a token that is the first of its line begins a new declaration. */
function begins(type: string, value: string, previous: string): boolean {
  if (previous === "") return true;
  if (type !== "IdentifierName" || modifiers.test(previous)) return false;
  if (/^(else|catch|finally)$/.test(value)) return false;
  // Without a semicolon before it, only a keyword tells a new statement from the rest of the last one.
  return /^[;}]$/.test(previous) || (keywords.test(value) && /[\w)\]"'`$]$/.test(previous));
}

function nameIn(words: readonly string[]): string | undefined {
  const [kind = "", name, generator] = words.filter((word) => !modifiers.test(word));
  if (!/^(function|const|let|var|class|interface|type|enum)$/.test(kind)) return undefined;
  return name === "*" ? generator : name;
}
