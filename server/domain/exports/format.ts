import type { Column } from './columns.ts';

export const exportFormats = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof exportFormats)[number];

export const contentTypes: Record<ExportFormat, string> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/jsonl; charset=utf-8',
};

/** What stands before the first row. */
export function headOf<Row>(format: ExportFormat, columns: Column<Row>[]): string {
  return format === 'csv' ? csvLine(columns.map(({ name }) => name)) : '';
}

export function rowsIn<Row>(format: ExportFormat, columns: Column<Row>[], rows: Row[]): string {
  const lineOf = format === 'csv' ? csvRow<Row> : jsonRow<Row>;
  return rows.map((row) => lineOf(columns, row)).join('');
}

function jsonRow<Row>(columns: Column<Row>[], row: Row): string {
  const fields = columns.map(({ name, read }) => [name, read(row) ?? null]);
  return `${JSON.stringify(Object.fromEntries(fields))}\n`;
}

function csvRow<Row>(columns: Column<Row>[], row: Row): string {
  return csvLine(columns.map(({ read }) => textOf(read(row))));
}

function textOf(value: unknown): string {
  if (value == null) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * One line as RFC 4180 has it, closed by CRLF.
 *
 * By hand, because csv-stringify 6.9 leaves a lone line feed in a cell unquoted where lines end in CRLF,
 * and took 50 ms and more for a thousand rows, with which it holds up every other request.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * A spreadsheet takes a cell that begins so for a formula, and end users write into these cells: an
 * apostrophe makes it text (OWASP, "CSV Injection"; the wide signs are those of Japanese keyboards).
 */
const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** The same after a sign that other countries' spreadsheets, or a careless one, end cells by. */
const formulaWithin = /([;\t\r\n]\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])/g;

function csvCell(text: string): string {
  const within = text.replace(formulaWithin, "$1'");
  const safe = formula.test(text) ? `'${within}` : within;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
