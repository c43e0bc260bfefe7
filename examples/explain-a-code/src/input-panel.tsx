import { recognize } from '@barlink/codes';
import { useRef } from 'preact/hooks';
import type { Sample } from './demonstration.ts';
import { useSpeech } from './page-language.ts';
import { RawText } from './raw-text.tsx';
import { words } from './words.ts';

/** How far reading a picture has come. */
export type PictureState = 'idle' | 'reading' | 'nothing' | 'unreadable';

interface InputPanelProps {
  readonly text: string;
  readonly isMasked: boolean;
  readonly picture: PictureState;
  /** Texts of a picture with several symbols. */
  readonly found: readonly string[];
  readonly samples: readonly Sample[];
  readonly onText: (text: string) => void;
  readonly onSample: (text: string) => void;
  readonly onPicture: (file: Blob) => void;
}

/** Where a text is typed or pasted and a picture chosen. */
export function InputPanel(props: InputPanelProps) {
  const { say } = useSpeech();
  const { text, isMasked, samples, onText, onSample, onPicture } = props;
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <section class="input">
      <div class="field-top">
        <label for="code-text">{say(words.inputLabel)}</label>
        {text !== '' && (
          <button type="button" class="link" onClick={() => onText('')}>
            {say(words.clear)}
          </button>
        )}
      </div>
      {/* Spell checkers and form stores may send or keep what is typed: a payer's code is a secret. */}
      <textarea
        id="code-text"
        class={isMasked ? 'masked' : ''}
        value={text}
        rows={6}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        placeholder={say(words.inputPlaceholder)}
        onInput={(event) => onText(event.currentTarget.value)}
      />
      <div class="actions">
        <button type="button" class="button" onClick={() => chooser.current?.click()}>
          {say(words.choosePicture)}
        </button>
        <input
          ref={chooser}
          class="visually-hidden"
          type="file"
          accept="image/*"
          tabIndex={-1}
          aria-hidden="true"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            if (file) onPicture(file);
            event.currentTarget.value = '';
          }}
        />
        <span class="hint">{say(words.dropHint)}</span>
      </div>
      <PictureMessage {...props} />
      <div class="samples">
        <span>{say(words.samples)}</span>
        {samples.map(({ title, text: sample }) => (
          <button key={title[0]} type="button" class="sample" onClick={() => onSample(sample)}>
            {say(title)}
          </button>
        ))}
      </div>
    </section>
  );
}

function PictureMessage({ picture, found, text, onText }: InputPanelProps) {
  const { say } = useSpeech();
  if (picture === 'idle' && found.length < 2) return null;
  return (
    <div class="picture-message" role="status">
      {picture === 'reading' && say(words.reading)}
      {picture === 'nothing' && say(words.pictureNothing)}
      {picture === 'unreadable' && say(words.pictureUnreadable)}
      {picture === 'idle' && (
        <>
          <p>{say(words.pictureSeveral)}</p>
          <div class="found">
            {found.map((each, at) => (
              <button
                key={each}
                type="button"
                class="sample"
                aria-pressed={each === text}
                onClick={() => onText(each)}
              >
                {at + 1} · <RawText text={each.slice(0, 12)} isSecret={recognize(each)?.secret === true} />…
              </button>
            ))}
          </div>
        </>
      )}
    </div>
  );
}
