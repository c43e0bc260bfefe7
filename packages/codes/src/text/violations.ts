import type { Violation } from '../code.ts';
import { codePoints } from '../emv/objects.ts';
import type { CodeErrorCode } from '../error.ts';

/** Collects a scheme's broken rules. */
export interface Findings {
  readonly list: Violation[];
  /** Records a broken rule unless `holds`. */
  readonly expect: (holds: boolean, code: CodeErrorCode, path: string, message: string) => void;
  /** Records a text that is longer than `max` characters. */
  readonly expectLength: (text: unknown, max: number, path: string) => void;
  /** Records something harmless. */
  readonly warn: (code: CodeErrorCode, path: string, message: string) => void;
}

/** An empty collection. */
export function createFindings(): Findings {
  const list: Violation[] = [];
  const expect: Findings['expect'] = (holds, code, path, message) => {
    if (!holds) list.push({ code, severity: 'error', path, message });
  };
  return {
    list,
    expect,
    expectLength: (text, max, path) => {
      const holds = typeof text !== 'string' || codePoints(text) <= max;
      expect(holds, 'QR_OBJECT_TOO_LONG', path, `${path} is longer than ${max} characters`);
    },
    warn: (code, path, message) => {
      list.push({ code, severity: 'warning', path, message });
    },
  };
}
