import { ProtocolError } from '@barlink/protocol';

/** Why a switch process does not start. */
export type ConfigErrorCode = 'CONFIG_VALUE_INVALID' | 'CONFIG_KEY_INVALID';

/** A setting or a key file that cannot be used; `path` names the variable or the file. */
export class ConfigError extends ProtocolError {
  declare readonly code: ConfigErrorCode;

  constructor(code: ConfigErrorCode, options: { readonly path: string; readonly cause?: unknown }) {
    super(code, texts[code], options);
  }
}

const texts: Record<ConfigErrorCode, string> = {
  CONFIG_VALUE_INVALID: 'The setting does not have the form it needs.',
  CONFIG_KEY_INVALID: 'The file does not hold the key it is for.',
};
