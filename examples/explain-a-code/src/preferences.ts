import type { PageLanguage } from './meanings/text.ts';

/** Light, dark, or what the system says. */
export type Theme = 'auto' | 'light' | 'dark';

/** All the page remembers of a visit; never a code. */
export interface Preferences {
  readonly language: PageLanguage;
  readonly theme: Theme;
}

const languageName = 'explain-a-code-language';
const themeName = 'explain-a-code-theme';

/** What was chosen at the last visit, else what the browser asks for. */
export function readPreferences(): Preferences {
  const language = stored(languageName) ?? navigator.language;
  const theme = stored(themeName);
  return {
    language: language.startsWith('zh') ? 'zh' : 'en',
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
  };
}

/** Puts the choice on the page and remembers it. */
export function keepPreferences({ language, theme }: Preferences, title: string): void {
  const { documentElement } = document;
  documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  documentElement.dataset.theme = theme;
  document.title = title;
  try {
    localStorage.setItem(languageName, language);
    localStorage.setItem(themeName, theme);
  } catch {
    // A browser that stores nothing shows the page all the same.
  }
}

function stored(name: string): string | undefined {
  try {
    return localStorage.getItem(name) ?? undefined;
  } catch {
    return undefined;
  }
}
