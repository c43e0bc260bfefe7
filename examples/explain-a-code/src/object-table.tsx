import type { Code, Violation } from '@barlink/codes';
import { categoryName, currencyName, regionName } from './meanings/names.ts';
import type { PageLanguage } from './meanings/text.ts';
import { isEmvMerchant, listObjectRows, type ObjectRow } from './object-rows.ts';
import { useSpeech } from './page-language.ts';
import { RawText } from './raw-text.tsx';
import { words } from './words.ts';

interface ObjectTableProps {
  readonly code: Code;
  readonly violations: readonly Violation[];
  readonly isMasked: boolean;
}

/** Every data object of the raw tree, in its order, with its meaning. */
export function ObjectTable({ code, violations, isMasked }: ObjectTableProps) {
  const { say } = useSpeech();
  const rows = listObjectRows(code, violations);
  const hasLengths = isEmvMerchant(code);
  return (
    <section class="card objects">
      <h3>{say(words.objects)}</h3>
      {rows.length === 0 ? (
        <p class="kept">{say(words.objectsNone)}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{say(words.columnId)}</th>
              <th scope="col">{say(words.columnMeaning)}</th>
              <th scope="col">{say(words.columnValue)}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <Row key={`${row.path} ${at}`} row={row} hasLength={hasLengths} isMasked={isMasked} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface RowProps {
  readonly row: ObjectRow;
  readonly hasLength: boolean;
  readonly isMasked: boolean;
}

function Row({ row, hasLength, isMasked }: RowProps) {
  const { say, language } = useSpeech();
  const { depth, id, path, meaning, network, value, note, violations } = row;
  const standsFor = note ? say(note) : hasLength && value ? nameOf(path, value, language) : '';
  const worst = violations.find(({ severity }) => severity === 'error') ?? violations[0];
  return (
    <tr
      class={[`depth-${Math.min(depth, 3)}`, value === undefined ? 'template' : '', worst?.severity].join(
        ' ',
      )}
    >
      <th scope="row">
        <code title={path}>
          <RawText text={id} />
        </code>
      </th>
      <td class="meaning">
        {say(meaning)}
        {network && (
          <span class="note">
            <RawText text={say(network)} />
          </span>
        )}
      </td>
      <td class="value">
        {value !== undefined && <RawText text={value} isSecret={isMasked} />}
        {standsFor && <span class="note">{standsFor}</span>}
        {hasLength && value !== undefined && value.length > 24 && (
          <span class="length">
            {[...value].length} {say(words.characters)}
          </span>
        )}
      </td>
    </tr>
  );
}

/** The name behind a code of a standard. */
function nameOf(path: string, value: string, language: PageLanguage): string {
  switch (path) {
    case '52':
      return categoryName(value, language);
    case '53':
      return currencyName(value, language);
    case '58':
      return regionName(value, language);
    default:
      return '';
  }
}
