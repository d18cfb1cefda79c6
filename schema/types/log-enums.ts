import { builder } from '../builder.ts';

/** Enums of the log that filters use too; apart, so that filters need not load the entry's fields. */
export const LogLevel = builder.enumType('LogLevel', {
  description: 'How much attention an entry asks for.',
  values: {
    INFO: { description: 'Things going their way.' },
    WARN: { description: 'Something was refused, or may need a look.' },
    ERROR: { description: 'Something failed that should not have.' },
  } as const,
});
