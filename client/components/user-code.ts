/** Eight letters as people read them: `BCDF-GHJK`. */
export function groupCode(code: string): string {
  return code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code;
}

/** What a person typed, in any case and with any grouping, as the API writes it. */
export function readTypedCode(typed: string): string {
  return typed.replaceAll(/[\s\p{Pd}]/gu, '').toUpperCase();
}
