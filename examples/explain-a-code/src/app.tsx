import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createDemonstration, type Demonstration } from './demonstration.ts';
import { type Explanation, explain } from './explain.ts';
import { InputPanel, type PictureState } from './input-panel.tsx';
import { KeysPanel } from './keys-panel.tsx';
import { titleOfScheme } from './meanings/schemes.ts';
import { type PageLanguage, say } from './meanings/text.ts';
import { LanguageContext } from './page-language.ts';
import { readPicture } from './pictures.ts';
import { keepPreferences, type Preferences, readPreferences, type Theme } from './preferences.ts';
import { Report } from './report.tsx';
import { judgeSignature, type SignatureState, type TrustedKeyset } from './signature.ts';
import { usePictures } from './use-pictures.ts';
import { words } from './words.ts';

/** The whole page. */
export function App() {
  const [preferences, setPreferences] = useState<Preferences>(readPreferences);
  const [text, setText] = useState('');
  const [isRevealed, setRevealed] = useState(false);
  const [picture, setPicture] = useState<PictureState>('idle');
  const [found, setFound] = useState<readonly string[]>([]);
  const [demonstration, setDemonstration] = useState<Demonstration>();
  const [ownKeys, setOwnKeys] = useState<TrustedKeyset>();

  const explanation = useMemo(() => explain(text), [text]);
  const keys = ownKeys ?? demonstration?.keyset;
  const signature = useSignature(explanation, keys);
  const { language } = preferences;

  const result = useRef<HTMLDivElement>(null);
  const turn = useRef(0);
  const showText = (next: string) => {
    turn.current += 1;
    setText(next);
    setRevealed(false);
    setPicture('idle');
    if (!found.includes(next)) setFound([]);
  };
  const showPicture = async (file: Blob) => {
    turn.current += 1;
    const own = turn.current;
    setText('');
    setFound([]);
    setRevealed(false);
    setPicture('reading');
    const read = await readPicture(file);
    // A text or a picture that came meanwhile is what the user looks at.
    if (own !== turn.current) return;
    setPicture(read.kind === 'found' ? 'idle' : read.kind);
    if (read.kind !== 'found') return;
    setFound(read.texts);
    setText(read.texts[0] ?? '');
    showResult(result.current);
  };

  useEffect(() => keepPreferences(preferences, say(words.title, language)), [preferences, language]);
  useEffect(() => void createDemonstration(new Date()).then(setDemonstration), []);
  const isDragging = usePictures((file) => void showPicture(file));

  const isSecret = (explanation?.code ?? explanation?.recognition)?.secret === true;
  return (
    <LanguageContext.Provider value={language}>
      <Top preferences={preferences} onChange={setPreferences} />
      <main>
        <div class="side">
          <InputPanel
            text={text}
            isMasked={isSecret && !isRevealed}
            picture={picture}
            found={found}
            samples={demonstration?.samples ?? []}
            onText={showText}
            onSample={(sample) => {
              showText(sample);
              showResult(result.current);
            }}
            onPicture={(file) => void showPicture(file)}
          />
          <KeysPanel keys={keys} onKeys={setOwnKeys} />
        </div>
        <p class="visually-hidden" role="status">
          {explanation && announce(explanation, language)}
        </p>
        <div class="result" ref={result}>
          {explanation === undefined ? (
            <p class="nothing">{say(words.empty, language)}</p>
          ) : (
            <Report
              explanation={explanation}
              signature={signature}
              isRevealed={isRevealed}
              onReveal={setRevealed}
            />
          )}
        </div>
      </main>
      {isDragging && <div class="drop-cover">{say(words.dropNow, language)}</div>}
    </LanguageContext.Provider>
  );
}

/** One sentence for those who listen: the report itself is long. */
function announce({ code, recognition, refusal }: Explanation, language: PageLanguage): string {
  const known = code ?? recognition;
  const title = known ? titleOfScheme(known) : words.notUnderstood;
  return [title, ...(refusal ? [words.refused] : [])].map((text) => say(text, language)).join(', ');
}

/** On a narrow screen the result is below what was pressed. */
function showResult(element: HTMLElement | null): void {
  requestAnimationFrame(() => {
    if (element !== null && element.getBoundingClientRect().top > window.innerHeight / 2) {
      element.scrollIntoView({ block: 'start' });
    }
  });
}

/** Verifying takes a moment; an answer for an older text is not shown. */
function useSignature(
  explanation: Explanation | undefined,
  keys: TrustedKeyset | undefined,
): SignatureState | undefined {
  const [judged, setJudged] = useState<{ of: unknown; by: unknown; state: SignatureState | undefined }>();
  useEffect(() => {
    if (explanation === undefined || keys === undefined) return;
    void judgeSignature(explanation, keys).then((state) => setJudged({ of: explanation, by: keys, state }));
  }, [explanation, keys]);
  return judged?.of === explanation && judged?.by === keys ? judged?.state : undefined;
}

interface TopProps {
  readonly preferences: Preferences;
  readonly onChange: (preferences: Preferences) => void;
}

function Top({ preferences, onChange }: TopProps) {
  const { language, theme } = preferences;
  const other: PageLanguage = language === 'zh' ? 'en' : 'zh';
  return (
    <header class="top">
      <div>
        <h1>{say(words.title, language)}</h1>
        <p>{say(words.lead, language)}</p>
      </div>
      <div class="settings">
        <label>
          <span class="visually-hidden">{say(words.theme, language)}</span>
          <select
            value={theme}
            onChange={(event) => onChange({ ...preferences, theme: event.currentTarget.value as Theme })}
          >
            <option value="auto">{say(words.themeAuto, language)}</option>
            <option value="light">{say(words.themeLight, language)}</option>
            <option value="dark">{say(words.themeDark, language)}</option>
          </select>
        </label>
        <button
          type="button"
          class="button quiet"
          lang={other}
          onClick={() => onChange({ ...preferences, language: other })}
        >
          {say(words.language, language)}
        </button>
      </div>
    </header>
  );
}
