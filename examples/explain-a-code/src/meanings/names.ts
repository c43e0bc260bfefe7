import { findCurrencyAlpha } from '@barlink/codes';
import { categories } from './emv.ts';
import { type PageLanguage, say } from './text.ts';

/** What a currency is called, by its three letters or three digits; empty when nobody knows. */
export function currencyName(code: string, language: PageLanguage): string {
  const alpha = /^\d+$/.test(code) ? findCurrencyAlpha(code) : code;
  if (alpha === undefined) return '';
  const name = displayName(alpha, { type: 'currency', language });
  return alpha === code ? name : [alpha, name].filter(Boolean).join(' · ');
}

/** What a country or region is called, by its two letters; empty when nobody knows. */
export function regionName(code: string, language: PageLanguage): string {
  return displayName(code, { type: 'region', language });
}

/** What a merchant category is called; empty for the rare ones. */
export function categoryName(code: string, language: PageLanguage): string {
  const name = categories[code];
  return name === undefined ? '' : say(name, language);
}

interface Naming {
  readonly type: 'currency' | 'region';
  readonly language: PageLanguage;
}

function displayName(code: string, { type, language }: Naming): string {
  try {
    const name = new Intl.DisplayNames([language === 'zh' ? 'zh-CN' : 'en'], { type }).of(code);
    return name === undefined || name === code ? '' : name;
  } catch {
    // Not a code of the standard: there is no name.
    return '';
  }
}
