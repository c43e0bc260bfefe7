import type { Account, Code, CodeMoney } from '@barlink/codes';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { additionalFields, fields } from './meanings/fields.ts';
import { categoryName, currencyName, regionName } from './meanings/names.ts';
import type { Text } from './meanings/text.ts';
import { useSpeech } from './page-language.ts';
import { RawText } from './raw-text.tsx';
import { words } from './words.ts';

interface SummaryProps {
  readonly code: Code;
  readonly isMasked: boolean;
  /** Nothing in it is to be believed. */
  readonly isDoubtful: boolean;
}

/** Fields the verdict on the signature speaks of; their text is in the table of data objects. */
const isShown: ReadonlySet<string> = new Set(['signed', 'signatureFirst', 'signatureRest']);

/** The normal form: money, merchant, accounts, and what only the scheme has. */
export function Summary({ code, isMasked, isDoubtful }: SummaryProps) {
  const { say } = useSpeech();
  const own = Object.entries(code.data).filter(([name, value]) => value !== undefined && !isShown.has(name));
  const additional = Object.entries(code.additional ?? {});
  return (
    <section class={isDoubtful ? 'card summary doubtful' : 'card summary'}>
      {isDoubtful && <p class="warning-line">{say(words.doubtful)}</p>}
      <Money money={code.money} isPayer={code.presentment === 'consumer'} />
      <Merchant code={code} />
      <Accounts accounts={code.accounts} isMasked={isMasked} />
      {own.length > 0 && (
        <Group title={words.own}>
          {own.map(([name, value]) => (
            <Line key={name} label={fields[name] ?? [name, name]}>
              <Value value={value} isMasked={isMasked} />
            </Line>
          ))}
        </Group>
      )}
      {additional.length > 0 && (
        <Group title={words.additional}>
          {additional.map(([name, value]) => (
            <Line key={name} label={additionalFields[name] ?? [`62.${name}`, `62.${name}`]}>
              <Value value={value} isMasked={isMasked} />
            </Line>
          ))}
        </Group>
      )}
      {!isMasked && <CopyJson code={code} label={say(words.copyJson)} done={say(words.copied)} />}
    </section>
  );
}

function Money({ money, isPayer }: { readonly money: CodeMoney; readonly isPayer: boolean }) {
  const { say, language } = useSpeech();
  const { amount, currency, currencyAlpha, tip, feeFixed, feePercentage } = money;
  const unit = currencyAlpha ?? currency;
  if (isPayer && amount === undefined) return null;
  return (
    <div class="money">
      <h3 class="visually-hidden">{say(words.money)}</h3>
      <p class="amount">
        {amount === undefined ? (
          <span class="no-amount">{say(unit ? words.payerTypes : words.amountElsewhere)}</span>
        ) : (
          <RawText text={amount} />
        )}
        {unit && (
          <span class="unit" title={currency}>
            {unit}
            {currencyAlpha && <span class="unit-name">{currencyName(currencyAlpha, language)}</span>}
          </span>
        )}
      </p>
      {tip && (
        <p class="detail">
          {tip === 'prompt' ? `${say(words.tip)}: ${say(words.tipPrompt)}` : say(words.fee)}{' '}
          {tip === 'fixed' && <RawText text={feeFixed ?? ''} />}
          {tip === 'percentage' && (
            <>
              <RawText text={feePercentage ?? ''} /> %
            </>
          )}
        </p>
      )}
    </div>
  );
}

function Merchant({ code }: { readonly code: Code }) {
  const { language } = useSpeech();
  const { name, city, postalCode, category, country } = code.merchant;
  const { reference, expiry, language: other } = code;
  const otherText = [other?.merchantName, other?.merchantCity].filter(Boolean).join(', ');
  const lines: readonly (readonly [Text, string | undefined, (string | undefined)?])[] = [
    [words.name, name],
    [words.language2, otherText || undefined],
    [words.city, city],
    [words.postalCode, postalCode],
    [words.country, country, country && regionName(country, language)],
    [words.category, category, category && categoryName(category, language)],
    [words.reference, reference],
    [words.expiry, expiry?.toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB')],
  ];
  const shown = lines.filter(([, value]) => value !== undefined);
  if (shown.length === 0) return null;
  return (
    <Group title={code.presentment === 'merchant' ? words.payee : words.merchant}>
      {shown.map(([label, value, note]) => (
        <Line key={label[0]} label={label}>
          <RawText text={value ?? ''} />
          {note && <span class="note">{note}</span>}
        </Line>
      ))}
    </Group>
  );
}

interface AccountsProps {
  readonly accounts: readonly Account[];
  readonly isMasked: boolean;
}

function Accounts({ accounts, isMasked }: AccountsProps) {
  if (accounts.length === 0) return null;
  return (
    <Group title={words.accounts}>
      {accounts.map(({ id, network, gui, value, fields: inside }, at) => (
        <Line
          key={`${id} ${at}`}
          label={[network ?? gui ?? id ?? '', network ?? gui ?? id ?? '']}
          {...(id && { id })}
        >
          {value !== undefined && <RawText text={value} isSecret={isMasked} />}
          {inside && (
            <span class="parts">
              {Object.entries(inside).map(([part, text]) => (
                <span key={part}>
                  <code>{part}</code> <RawText text={text} isSecret={isMasked} />
                </span>
              ))}
            </span>
          )}
        </Line>
      ))}
    </Group>
  );
}

function Group({ title, children }: { readonly title: Text; readonly children: ComponentChildren }) {
  const { say } = useSpeech();
  return (
    <div class="group">
      <h3>{say(title)}</h3>
      <dl>{children}</dl>
    </div>
  );
}

interface LineProps {
  readonly label: Text;
  readonly id?: string;
  readonly children: ComponentChildren;
}

function Line({ label, id, children }: LineProps) {
  const { say } = useSpeech();
  return (
    <div class="line">
      <dt>
        <RawText text={say(label)} />
        {id && <code class="line-id">{id}</code>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

function Value({ value, isMasked }: { readonly value: unknown; readonly isMasked: boolean }) {
  const { say } = useSpeech();
  if (typeof value === 'boolean') return <>{say(value ? words.yes : words.no)}</>;
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'string');
  const text = isList ? value.join(', ') : typeof value === 'object' ? toJson(value) : String(value);
  return <RawText text={text} isSecret={isMasked} />;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
}

interface CopyJsonProps {
  readonly code: Code;
  readonly label: string;
  readonly done: string;
}

function CopyJson({ code, label, done }: CopyJsonProps) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(JSON.stringify(JSON.parse(toJson(code)), undefined, 2));
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <button type="button" class="button quiet copy" onClick={() => void copy()}>
      {isDone ? done : label}
    </button>
  );
}
