import { SigningError } from '@barlink/signing/portable';
import type { TargetedSubmitEvent } from 'preact';
import { useState } from 'preact/hooks';
import { problems } from './meanings/problems.ts';
import { useSpeech } from './page-language.ts';
import { readKeyset, type TrustedKeyset } from './signature.ts';
import { words } from './words.ts';

interface KeysPanelProps {
  readonly keys: TrustedKeyset | undefined;
  readonly onKeys: (keys: TrustedKeyset | undefined) => void;
}

/** Where a user gives the keyset of a real switch. */
export function KeysPanel({ keys, onKeys }: KeysPanelProps) {
  const { say, language } = useSpeech();
  const [problem, setProblem] = useState<string>();
  const submit = async (form: FormData) => {
    const read = (name: string) => String(form.get(name) ?? '');
    try {
      const input = { keyset: read('keyset'), switchKey: read('switchKey'), issuer: read('issuer') };
      onKeys(await readKeyset(input));
      setProblem(undefined);
    } catch (error) {
      if (!(error instanceof SigningError)) throw error;
      setProblem(error.code);
    }
  };
  const onSubmit = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit(new FormData(event.currentTarget));
  };
  const isOwn = keys?.trust === 'own';
  return (
    <details class="keys">
      <summary>
        {say(words.keys)}
        <span class="chip">{say(isOwn ? words.keysOwn : words.keysDemonstration)}</span>
      </summary>
      <p class="detail">{say(words.keysText)}</p>
      {isOwn && (
        <p class="detail" role="status">
          {say(words.keysUntil)} {keys.keyset.expiresAt.toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB')}
        </p>
      )}
      <form onSubmit={onSubmit}>
        <label>
          {say(words.keysetLabel)}
          <textarea name="keyset" rows={3} spellcheck={false} required />
        </label>
        <label>
          {say(words.switchKeyLabel)}
          <textarea name="switchKey" rows={3} spellcheck={false} required />
        </label>
        <label>
          {say(words.issuerLabel)}
          <input name="issuer" value="barlink-switch" spellcheck={false} required />
        </label>
        {problem !== undefined && (
          <p class="form-problem" role="alert">
            {say(problems[problem] ?? [problem, problem])} · <code>{problem}</code>
          </p>
        )}
        <div class="actions">
          <button type="submit" class="button">
            {say(words.useKeys)}
          </button>
          {isOwn && (
            <button type="button" class="button quiet" onClick={() => onKeys(undefined)}>
              {say(words.useDemonstration)}
            </button>
          )}
        </div>
      </form>
    </details>
  );
}
