import type { PayerCodeProvision } from '@barlink/protocol';
import { TokenError } from './token-error.ts';

/** What a device holds to make payer codes. The key belongs in the platform's secure store. */
export interface PayerDevice {
  /** Four digits that route the code to the token's keeper. */
  readonly networkNumber: string;
  /** 32 secret bytes, shared with the switch. */
  readonly deviceKey: Uint8Array;
  /** 1 to 256 different numbers of eight digits, none from 90000000 on; each stands for the token. */
  readonly handles: readonly string[];
}

/** Most handles a device may hold. */
export const handlesMax = 256;

/**
 * The provision a wallet got with its token -> what {@link createPayerCode} takes.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`
 */
export function readProvision({ networkNumber, deviceKey, handles }: PayerCodeProvision): PayerDevice {
  const device = { networkNumber, deviceKey: decodeKey(deviceKey), handles };
  assertDevice(device);
  return device;
}

/**
 * The device key of a provision, all that cryptograms need: a token for merchants' codes alone has no
 * handles.
 *
 * @throws {TokenError} `PAYER_DEVICE_INVALID`
 */
export function readDeviceKey({ deviceKey }: Pick<PayerCodeProvision, 'deviceKey'>): Uint8Array {
  const key = decodeKey(deviceKey);
  assertDeviceKey(key);
  return key;
}

/** @throws {TokenError} `PAYER_DEVICE_INVALID` */
export function assertDevice({ networkNumber, deviceKey, handles }: PayerDevice): void {
  assertDeviceKey(deviceKey);
  if (!/^[0-9]{4}$/.test(networkNumber)) {
    throw invalidDevice('The network number is not four digits.', '/networkNumber');
  }
  const isRightSize = handles.length >= 1 && handles.length <= handlesMax;
  if (!isRightSize || !handles.every((handle) => /^[0-8][0-9]{7}$/.test(handle))) {
    throw invalidDevice(
      `The handles are not 1 to ${handlesMax} numbers of eight digits below 90000000.`,
      '/handles',
    );
  }
  if (new Set(handles).size !== handles.length) {
    throw invalidDevice('A handle occurs twice.', '/handles');
  }
}

/** @throws {TokenError} `PAYER_DEVICE_INVALID` */
export function assertDeviceKey(deviceKey: Uint8Array): void {
  if (!(deviceKey instanceof Uint8Array) || deviceKey.length !== 32) {
    throw invalidDevice('The device key is not 32 bytes.', '/deviceKey');
  }
}

/** 43 characters of base64url; the last one carries four bits, so its two lowest are zero. */
function decodeKey(text: string): Uint8Array {
  if (!/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/.test(text)) {
    throw invalidDevice('The device key is not 32 bytes of base64url.', '/deviceKey');
  }
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function invalidDevice(message: string, path: string): TokenError {
  return new TokenError('PAYER_DEVICE_INVALID', message, { path });
}
