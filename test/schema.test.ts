import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  type GraphQLField,
  type GraphQLInputField,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
} from 'graphql';
import { expect, test } from 'vitest';
import { printedSchema, schema } from '../schema/index.ts';

test('schema/schema.graphql is what the code says; `npm run generate` writes it', async () => {
  expect(await readFile('schema/schema.graphql', 'utf8')).toBe(printedSchema);
});

const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));

test('every type, field, argument and enum value is described', () => {
  const undescribed: string[] = [];
  const look = (name: string, { description }: { description?: string | null }) => {
    if (!description) undescribed.push(name);
  };
  for (const type of types) {
    if (isSpecifiedScalarType(type)) continue;
    look(type.name, type);
    if (isEnumType(type)) {
      for (const value of type.getValues()) look(`${type.name}.${value.name}`, value);
    }
    if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
    const fields: (GraphQLField<unknown, unknown> | GraphQLInputField)[] = Object.values(
      type.getFields(),
    );
    for (const field of fields) {
      look(`${type.name}.${field.name}`, field);
      for (const argument of 'args' in field ? field.args : []) {
        look(`${type.name}.${field.name}(${argument.name})`, argument);
      }
    }
  }
  expect(undescribed).toEqual([]);
});

test('scalars of our own say what specifies them', () => {
  const own = types.filter((type) => isScalarType(type) && !isSpecifiedScalarType(type));
  for (const scalar of own) expect(scalar).toHaveProperty('specifiedByURL', expect.any(String));
});

test('every mutation takes one input and returns a union named …Result', () => {
  for (const field of Object.values(schema.getMutationType()!.getFields())) {
    expect(field.args.map(({ name }) => name)).toEqual(['input']);
    const name = field.name[0]!.toUpperCase() + field.name.slice(1);
    expect(String(field.type)).toBe(`${name}Result!`);
  }
});

test('the schema keeps to the rules of Relay, and describes everything', async () => {
  const rules = [
    'relay-connection-arguments-spec',
    'relay-connection-types-spec',
    'relay-page-info-spec',
    'types-have-descriptions',
    'fields-have-descriptions',
    'arguments-have-descriptions',
    'enum-values-have-descriptions',
    'input-object-values-have-descriptions',
  ];
  const linter = promisify(execFile)(process.execPath, [
    'node_modules/graphql-schema-linter/lib/cli.js',
    ...['--format', 'compact', '--rules', rules.join(',')],
    'schema/schema.graphql',
  ]);
  // It ends with 1, and says which, where a rule is broken.
  await expect(linter.catch(({ stdout }) => stdout)).resolves.toMatchObject({ stdout: '\n' });
});
