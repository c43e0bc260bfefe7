export { KeystoreError, type KeystoreErrorCode } from './keystore-error.ts';
export { closeSecretFolder, readSecretFile, writeSecretFile } from './secret-file.ts';
export { openTokenKey, type TokenKey, type TokenKeyOptions } from './token-key.ts';
