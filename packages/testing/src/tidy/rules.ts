import { errorCodeForm, errorCodeInSpec, errorCodeInTest, thrownCodeIsPublished } from './error-codes.ts';
import { noAny, noBooleanParameter, noDefaultExport, noEnum, noExportStar } from './language.ts';
import { packageManifest, projectReferences } from './manifests.ts';
import { homelessNames, kebabCase, moduleShape } from './naming.ts';
import { machinePath, todoWithIssue } from './notes.ts';
import { documentedExports } from './public-face.ts';
import { environment, pureCores } from './purity.ts';
import { fileSize, functionSize, lineLength } from './size.ts';
import { orderByText } from './sql.ts';
import type { Rule } from './tree.ts';

/** Every rule of the house that a machine can check in a file; dependency-cruiser checks who imports whom. */
export const rules: readonly Rule[] = [
  ...[fileSize, functionSize, lineLength],
  ...[noDefaultExport, noExportStar, noEnum, noAny, noBooleanParameter],
  ...[kebabCase, homelessNames, moduleShape],
  ...[pureCores, environment],
  ...[documentedExports, packageManifest, projectReferences],
  ...[errorCodeForm, thrownCodeIsPublished, errorCodeInSpec, errorCodeInTest],
  ...[todoWithIssue, machinePath, orderByText],
];
