import { useSpeech } from './page-language.ts';
import { listRuns } from './printable.ts';
import { words } from './words.ts';

/** Untrusted text: nothing in it can hide, reorder what stands around it, or become markup. */
export function RawText({ text, isSecret = false }: { readonly text: string; readonly isSecret?: boolean }) {
  const { say } = useSpeech();
  if (text === '') return <span class="empty-value">{say(words.emptyValue)}</span>;
  if (isSecret) return <bdi class="raw">{mask(text)}</bdi>;
  return (
    <bdi class="raw">
      {listRuns(text).map(({ text: run, hidden }) =>
        hidden === undefined ? (
          run
        ) : (
          <span class="hidden-character" title={hidden}>
            {hidden}
          </span>
        ),
      )}
    </bdi>
  );
}

/** The first characters tell the kind of code and spend nothing; the rest is not shown. */
function mask(text: string): string {
  return text.slice(0, 2) + '•'.repeat(Math.min(Math.max(text.length - 2, 6), 24));
}
