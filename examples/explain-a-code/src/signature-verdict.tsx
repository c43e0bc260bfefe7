import { problems } from './meanings/problems.ts';
import { useSpeech } from './page-language.ts';
import { RawText } from './raw-text.tsx';
import type { SignatureState } from './signature.ts';
import { words } from './words.ts';

interface SignatureVerdictProps {
  readonly state: SignatureState;
  readonly isPayer: boolean;
}

const marks: Readonly<Record<SignatureState['kind'], string>> = {
  verified: '✓',
  selfSigned: '✓',
  unsigned: '!',
  unknown: '?',
  unchecked: '?',
  none: '–',
  tampered: '✕',
  withdrawn: '✕',
};

/** The signature state as a band that cannot be mistaken, in colour, mark and word. */
export function SignatureVerdict({ state, isPayer }: SignatureVerdictProps) {
  const { say } = useSpeech();
  const isBad = state.kind === 'tampered' || state.kind === 'withdrawn';
  return (
    <section
      class={`verdict ${state.kind}`}
      data-signature={state.kind}
      aria-label={say(words.signature)}
      role={isBad ? 'alert' : 'status'}
    >
      <span class="mark" aria-hidden="true">
        {marks[state.kind]}
      </span>
      <div>
        <h3>
          {say(words[state.kind])}
          {'trust' in state && state.trust === 'demonstration' && (
            <span class="chip">{say(words.demonstrationKeys)}</span>
          )}
        </h3>
        <Reason state={state} isPayer={isPayer} />
      </div>
    </section>
  );
}

function Reason({ state, isPayer }: SignatureVerdictProps) {
  const { say } = useSpeech();
  switch (state.kind) {
    case 'verified':
      return (
        <>
          <p class="payee">
            {say(words.payTo)} <RawText text={`${state.merchant.name}, ${state.merchant.city}`} />
          </p>
          <p>{say(words.verifiedText)}</p>
          {state.trust === 'demonstration' && <p class="weak">{say(words.verifiedDemonstration)}</p>}
          <p class="detail">
            <code>{state.kid}</code>
          </p>
        </>
      );
    case 'tampered':
    case 'withdrawn':
      return (
        <>
          <p>{say(words.tamperedText)}</p>
          <Problem code={state.code} />
        </>
      );
    case 'unknown':
      return (
        <>
          <p>{say(words.unknownText)}</p>
          {state.trust === 'demonstration' && <p>{say(words.unknownDemonstration)}</p>}
          <Problem code={state.code} />
        </>
      );
    case 'unsigned':
      return <p>{say(words.unsignedText)}</p>;
    case 'selfSigned':
      return <p>{say(words.selfSignedText)}</p>;
    case 'unchecked':
      return <p>{say(words.uncheckedText)}</p>;
    case 'none':
      return <p>{say(isPayer ? words.nonePayer : words.noneText)}</p>;
    default:
      return state satisfies never;
  }
}

function Problem({ code }: { readonly code: string }) {
  const { say } = useSpeech();
  return (
    <p class="detail">
      {say(problems[code] ?? [code, code])} · <code>{code}</code>
    </p>
  );
}
