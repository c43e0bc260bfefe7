/** A sentence or a word in English and in Chinese. */
export type Text = readonly [english: string, chinese: string];

/** The languages this page speaks. */
export type PageLanguage = 'en' | 'zh';

/** A text in the language of the page. */
export function say(text: Text, language: PageLanguage): string {
  return language === 'zh' ? text[1] : text[0];
}
