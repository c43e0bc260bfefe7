import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { listEndpointRows } from '../support/endpoint-rows.ts';
import { describeApi, writeOpenApi } from '../support/openapi.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('spec/api/openapi.yaml', () => {
  it('is what `npm run openapi` makes of the endpoints and schemas now', () => {
    assert.equal(read('spec/api/openapi.yaml'), writeOpenApi(), 'run npm run openapi');
  });

  it('names each operation once', () => {
    const operations = Object.values(describeApi().paths ?? {}).flatMap((path) => Object.values(path));
    const ids = operations.map((operation) => (operation as { operationId: string }).operationId);
    assert.equal(new Set(ids).size, listEndpointRows().length);
  });

  it('refers only to what it defines', () => {
    const document = describeApi() as unknown as { components?: Record<string, Record<string, unknown>> };
    for (const [, kind = '', name = ''] of writeOpenApi().matchAll(/#\/components\/(\w+)\/(\w+)/g)) {
      assert.ok(document.components?.[kind]?.[name], `${kind}/${name}`);
    }
  });

  it('lets nobody send or receive members that no schema names', () => {
    const { schemas = {} } = describeApi().components ?? {};
    for (const [name, schema] of Object.entries(schemas)) {
      const { type, properties, additionalProperties } = schema as z.core.JSONSchema.JSONSchema;
      if (type === 'object' && properties !== undefined) {
        assert.equal(additionalProperties, false, name);
      }
    }
  });
});

describe('spec/messages.md 4', () => {
  /** Rows of a markdown table that begin with a method and a path, with the status of their answer. */
  function listSpecRows(): readonly string[] {
    const [, section = ''] =
      /## 4\. Paths of the switch\n([\s\S]*?)\n## 5/.exec(read('spec/messages.md')) ?? [];
    return section.split('\n').flatMap((line) => {
      const [, method = '', targets = ''] = /^\| (GET|POST|PUT|DELETE) ([^|]+?) \|/.exec(line) ?? [];
      const status = /\| (20\d)[^|]*\|$/.exec(line)?.[1] ?? '200';
      return expand(targets).map((path) => `${method} ${path} ${status}`);
    });
  }

  /** `/x/suspend, /resume` is two paths: the second takes the place of the last part of the first. */
  function expand(targets: string): readonly string[] {
    const [first, ...others] = targets.split(', ').filter(Boolean);
    if (first === undefined) {
      return [];
    }
    const isWhole = (other: string) => /^\/(v1|admin|health|metrics)/.test(other);
    return [first, ...others.map((other) => (isWhole(other) ? other : first.replace(/\/[^/]+$/, other)))];
  }

  it('lists the paths that the switch has with their status, and no others', () => {
    const unify = (row: string) => row.replaceAll('{participantId}', '{id}');
    const described = listEndpointRows().map(({ method, path, answer }) =>
      unify(`${method.toUpperCase()} ${path} ${answer.status}`),
    );
    const specified = listSpecRows().filter((row) => !/health|metrics/.test(row));
    assert.deepEqual(described.sort(), specified.map(unify).sort());
  });
});
