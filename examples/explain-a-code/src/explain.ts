import {
  type Code,
  CodeError,
  crc16,
  crcText,
  type DataObject,
  parse,
  type Recognition,
  recognize,
  type Violation,
  validate,
} from '@barlink/codes';

/** Why a text was refused. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
  /** UTF-16 units from the start of the text. */
  readonly offset?: number;
}

/** Everything the codes package says of one text. */
export interface Explanation {
  readonly text: string;
  /** White space stood around the code and was left out. */
  readonly wasTrimmed: boolean;
  readonly recognition?: Recognition;
  /** What was read; with a `refusal`, read for diagnosis only: the checksum was wrong. */
  readonly code?: Code;
  readonly refusal?: Refusal;
  readonly violations: readonly Violation[];
}

/** Explains a text; `undefined` for nothing but white space. */
export function explain(input: string): Explanation | undefined {
  if (input.trim() === '') return undefined;
  const isKnown = recognize(input) !== undefined;
  const text = isKnown ? input : input.trim();
  const recognition = recognize(text);
  const common = { text, wasTrimmed: text !== input, ...(recognition && { recognition }) };
  try {
    return { ...common, code: parse(text), violations: validate(text) };
  } catch (error) {
    if (!(error instanceof CodeError)) throw error;
    const { code, message, path, offset } = error;
    const refusal = {
      code,
      message,
      ...(path !== undefined && { path }),
      ...(offset !== undefined && { offset }),
    };
    const diagnosed = readDespiteChecksum(text, code);
    return { ...common, refusal, violations: [], ...(diagnosed && { code: diagnosed }) };
  }
}

/** The tree shows what the text holds, not what it should hold. */
function withPrintedChecksum(tree: readonly DataObject[], printed: string): readonly DataObject[] {
  const others = tree.filter(({ id }) => id !== '63');
  return printed === '' ? others : [...others, { id: '63', value: printed }];
}

/** A damaged EMVCo payload is still worth a look: read with the checksum it should have had. */
function readDespiteChecksum(text: string, refusal: string): Code | undefined {
  if (refusal !== 'QR_CRC_MISMATCH' && refusal !== 'QR_CRC_MALFORMED' && refusal !== 'QR_CRC_MISSING') {
    return undefined;
  }
  const body = refusal === 'QR_CRC_MISSING' ? `${text}6304` : text.slice(0, -4);
  try {
    const code = parse(body + crcText(crc16(body)));
    return { ...code, tree: withPrintedChecksum(code.tree, text.slice(body.length)) };
  } catch {
    return undefined;
  }
}
