import { GraphQLScalarType } from 'graphql';
import { DateResolver, DateTimeResolver, JSONResolver, SafeIntResolver } from 'graphql-scalars';
import { builder } from './builder.ts';

builder.addScalarType(
  'DateTime',
  new GraphQLScalarType({
    ...DateTimeResolver.toConfig(),
    description: 'An instant in RFC 3339, in UTC, with milliseconds: `2026-11-20T12:00:00.000Z`.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time',
  }),
);

builder.addScalarType(
  'Date',
  new GraphQLScalarType({
    ...DateResolver.toConfig(),
    description: 'A day of the calendar, without a time or a zone: `2026-11-20`.',
    specifiedByURL: 'https://scalars.graphql.org/andimarek/local-date',
  }),
);

builder.addScalarType(
  'JSON',
  new GraphQLScalarType({
    ...JSONResolver.toConfig(),
    description: 'Any JSON value.',
    specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  }),
);

builder.addScalarType(
  'SafeInt',
  new GraphQLScalarType({
    ...SafeIntResolver.toConfig(),
    description:
      'A whole number up to 2^53 − 1, which is where JavaScript stops being exact. `Int` ends at 2^31 − 1.',
    specifiedByURL: 'https://tc39.es/ecma262/#sec-number.issafeinteger',
  }),
);
