/** Rows in columns, aligned on terminals where Chinese characters are two cells wide. */
export function table(
  rows: readonly (readonly string[])[],
  { indent = 2 }: { readonly indent?: number } = {},
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cellWidth(cell));
    });
  }
  return rows
    .map((row) =>
      row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cellWidth(cell))).join('  '),
    )
    .map((line) => ' '.repeat(indent) + line.trimEnd())
    .join('\n');
}

/** How many cells of a terminal a text takes. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const character of text.replace(ansi, '')) {
    width += /\p{M}/u.test(character)
      ? 0
      : /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(character)
        ? 2
        : 1;
  }
  return width;
}

const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
