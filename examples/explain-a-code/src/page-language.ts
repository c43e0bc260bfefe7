import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type PageLanguage, say, type Text } from './meanings/text.ts';

/** The language the page is shown in. */
export const LanguageContext = createContext<PageLanguage>('en');

/** What components speak with. */
export interface Speech {
  readonly language: PageLanguage;
  readonly say: (text: Text) => string;
}

/** Speaks the page's language. */
export function useSpeech(): Speech {
  const language = useContext(LanguageContext);
  return { language, say: (text) => say(text, language) };
}
