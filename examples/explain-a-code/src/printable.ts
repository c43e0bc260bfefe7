/** A run of text as it is, or one character that has no picture of its own. */
export interface TextRun {
  readonly text: string;
  /** The character's number (`U+202E`), when it is shown by number. */
  readonly hidden?: string;
}

/** Controls, formatting (bidi overrides, joiners), separators, unassigned, private and half characters. */
const hiddenCharacter = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;

/** Takes a text apart so that nothing in it can hide or reorder what stands around it. */
export function listRuns(text: string): TextRun[] {
  const runs: TextRun[] = [];
  let plain = '';
  for (const character of text) {
    if (!hiddenCharacter.test(character)) {
      plain += character;
      continue;
    }
    if (plain !== '') runs.push({ text: plain });
    plain = '';
    runs.push({ text: character, hidden: nameOf(character) });
  }
  if (plain !== '') runs.push({ text: plain });
  return runs;
}

/** How many characters of a text cannot be seen; line ends and tabs, which formats use, are not counted. */
export function countHidden(text: string): number {
  return [...text].filter((character) => hiddenCharacter.test(character) && !/[\r\n\t]/.test(character))
    .length;
}

function nameOf(character: string): string {
  const short: Readonly<Record<string, string>> = { '\r': 'CR', '\n': 'LF', '\t': 'TAB' };
  const number = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return short[character] ?? `U+${number}`;
}
