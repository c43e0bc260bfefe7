import type { Explanation } from './explain.ts';
import { problems } from './meanings/problems.ts';
import { titleOfScheme } from './meanings/schemes.ts';
import { ObjectTable } from './object-table.tsx';
import { useSpeech } from './page-language.ts';
import { countHidden } from './printable.ts';
import { RawText } from './raw-text.tsx';
import type { SignatureState } from './signature.ts';
import { SignatureVerdict } from './signature-verdict.tsx';
import { Summary } from './summary.tsx';
import { words } from './words.ts';

interface ReportProps {
  readonly explanation: Explanation;
  readonly signature: SignatureState | undefined;
  readonly isRevealed: boolean;
  readonly onReveal: (isRevealed: boolean) => void;
}

/** Everything there is to say of one text. */
export function Report({ explanation, signature, isRevealed, onReveal }: ReportProps) {
  const { say } = useSpeech();
  const { code, recognition, refusal, text, violations, wasTrimmed } = explanation;
  const isSecret = (code ?? recognition)?.secret === true;
  const isMasked = isSecret && !isRevealed;
  const hidden = countHidden(text);
  return (
    <div class="report">
      <Heading explanation={explanation} />
      {isSecret && (
        <section class="notice secret" role="alert">
          <div>
            <h3>{say(words.secretTitle)}</h3>
            <p>{say(words.secretText)}</p>
          </div>
          <button type="button" class="button" onClick={() => onReveal(!isRevealed)}>
            {say(isMasked ? words.show : words.hide)}
          </button>
        </section>
      )}
      {refusal && <Refused explanation={explanation} isMasked={isMasked} />}
      {hidden > 0 && (
        <p class="notice caution">
          {say(words.hidden)} {hidden}
        </p>
      )}
      {wasTrimmed && <p class="remark">{say(words.trimmed)}</p>}
      {signature && code && <SignatureVerdict state={signature} isPayer={code.presentment === 'consumer'} />}
      {refusal && code && <p class="notice caution">{say(words.diagnosisOnly)}</p>}
      {code && (
        <>
          <Summary code={code} isMasked={isMasked} isDoubtful={isDoubtful(signature, refusal)} />
          {!refusal && <Findings violations={violations} />}
          <ObjectTable code={code} violations={violations} isMasked={isMasked} />
        </>
      )}
    </div>
  );
}

function isDoubtful(signature: SignatureState | undefined, refusal: unknown): boolean {
  return refusal !== undefined || signature?.kind === 'tampered' || signature?.kind === 'withdrawn';
}

function Heading({ explanation: { code, recognition } }: { readonly explanation: Explanation }) {
  const { say } = useSpeech();
  const known = code ?? recognition;
  if (known === undefined) return <h2 class="scheme">{say(words.notUnderstood)}</h2>;
  return (
    <header class="heading">
      <h2 class="scheme">{say(titleOfScheme(known))}</h2>
      <ul class="chips">
        <li class="chip code-chip">{known.scheme}</li>
        <li class="chip">
          {say(known.presentment === 'merchant' ? words.merchantPresented : words.consumerPresented)}
        </li>
        <li class="chip">{say(words[known.mode])}</li>
      </ul>
    </header>
  );
}

interface RefusedProps {
  readonly explanation: Explanation;
  readonly isMasked: boolean;
}

const excerptBefore = 24;
const excerptAfter = 16;

function Refused({ explanation: { refusal, text }, isMasked }: RefusedProps) {
  const { say } = useSpeech();
  if (refusal === undefined) return null;
  const { code, message, path, offset } = refusal;
  const showsPlace = offset !== undefined && code !== 'QR_SCHEME_UNKNOWN' && !isMasked;
  return (
    <section class="notice refused" role="alert">
      <div>
        <h3>
          {say(words.refused)} · {say(problems[code] ?? [message, message])}
        </h3>
        <p class="detail">
          <code>{code}</code> · {message}
          {path && (
            <>
              {' '}
              · {say(words.refusedAt)} <code>{path}</code>
            </>
          )}
          {offset !== undefined && code !== 'QR_SCHEME_UNKNOWN' && (
            <>
              {' '}
              · {say(words.character)} {offset + 1}
            </>
          )}
        </p>
        {showsPlace && (
          <p class="excerpt">
            {offset > excerptBefore && '…'}
            <RawText text={text.slice(Math.max(0, offset - excerptBefore), offset) || ' '} />
            <mark>
              <RawText text={text.slice(offset, offset + excerptAfter) || '∎'} />
            </mark>
          </p>
        )}
        {code === 'QR_SCHEME_UNKNOWN' && (
          <p class="excerpt">
            <RawText text={text.slice(0, 400)} />
            {text.length > 400 && '…'}
          </p>
        )}
      </div>
    </section>
  );
}

function Findings({ violations }: Pick<Explanation, 'violations'>) {
  const { say } = useSpeech();
  return (
    <section class="card">
      <h3>{say(words.findings)}</h3>
      {violations.length === 0 && <p class="kept">{say(words.findingsNone)}</p>}
      {violations.length > 0 && (
        <ul class="findings">
          {violations.map(({ code, severity, path, message }) => (
            <li key={`${path} ${code}`}>
              <span class={`severity ${severity}`}>{say(words[severity])}</span>
              <code class="path">{path}</code>
              <div>
                <p>{say(problems[code] ?? [message, message])}</p>
                <p class="detail">
                  <code>{code}</code>
                  {!message.startsWith(`${path}: `) && ` · ${message}`}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
