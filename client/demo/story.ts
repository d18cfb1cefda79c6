/** How the demonstration tells what it does: numbered steps, each with the values that tell most. */
import { LatchkeyError } from '../urql.ts';

/** A name and what it is, in the order to show; a list goes on several lines. */
export type Facts = Record<string, string | number | boolean | readonly string[] | null>;

export interface Step {
  number: number;
  /** What was done, as a sentence. */
  sentence: string;
  facts: Facts;
}

export interface StoryOptions {
  /** Gets one line at a time, without its end. */
  print: (line: string) => void;
  /** Whether lines go to a terminal that shows ANSI colours. */
  colours?: boolean;
}

/** An answer that is not what the demonstration expects, with the server's word for it. */
export class UnexpectedAnswerError extends Error {
  readonly code: string | null;
  constructor(message: string, code: string | null = null) {
    super(message);
    this.name = 'UnexpectedAnswerError';
    this.code = code;
  }
}

/** The demonstration ended here. The message is for the person who ran it. */
export class DemoFailedError extends Error {
  readonly step: Omit<Step, 'facts'>;
  readonly code: string | null;
  readonly requestId: string | null;
  constructor(step: Omit<Step, 'facts'>, cause: unknown, lastRequestId: string | null) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'DemoFailedError';
    this.step = step;
    const known = cause instanceof LatchkeyError || cause instanceof UnexpectedAnswerError;
    this.code = known ? cause.code : null;
    this.requestId = cause instanceof LatchkeyError ? cause.requestId : lastRequestId;
  }
}

export class Story {
  readonly steps: Step[] = [];
  readonly #print: (line: string) => void;
  readonly #paint: (ansi: number, text: string) => string;
  #lastRequestId: string | null = null;

  constructor({ print, colours = false }: StoryOptions) {
    this.#print = print;
    this.#paint = (ansi, text) => (colours ? `\u001b[${ansi}m${text}\u001b[0m` : text);
  }

  /** The same `fetch`; the story remembers by which request id the server knows what came last. */
  listen(send: typeof fetch): typeof fetch {
    return async (input, init) => {
      this.#lastRequestId = null;
      const response = await send(input, init);
      this.#lastRequestId = response.headers.get('x-request-id');
      return response;
    };
  }

  /**
   * Does one step and prints it.
   *
   * @param act does it, and answers what later steps need; `tell` adds to what is shown at its end, and
   *   `show` prints a line at once, for a step that takes a while
   * @throws {DemoFailedError} whatever went wrong, with the step and the request
   */
  async step<Result>(
    sentence: string,
    act: (tell: (facts: Facts) => void, show: (line: string) => void) => Promise<Result>,
  ): Promise<Result> {
    const number = this.steps.length + 1;
    const facts: Facts = {};
    let isAnnounced = false;
    const tell = (more: Facts) => void Object.assign(facts, more);
    const show = (line: string) => {
      if (!isAnnounced) this.#printSentence('▸', 36, { number, sentence });
      isAnnounced = true;
      this.#print(`       ${line}`);
    };
    try {
      const result = await act(tell, show);
      this.steps.push({ number, sentence, facts });
      this.#printSentence('✓', 32, { number, sentence: isAnnounced ? 'Done.' : sentence });
      this.#printFacts(facts);
      return result;
    } catch (error) {
      this.#printSentence('✗', 31, { number, sentence });
      this.#printFacts(facts);
      throw new DemoFailedError({ number, sentence }, error, this.#lastRequestId);
    }
  }

  #printSentence(mark: string, ansi: number, { number, sentence }: Omit<Step, 'facts'>): void {
    this.#print(`${this.#paint(ansi, mark)} ${String(number).padStart(2)}. ${sentence}`);
  }

  #printFacts(facts: Facts): void {
    const width = Math.max(...Object.keys(facts).map((name) => name.length));
    for (const [name, value] of Object.entries(facts)) {
      const lines = Array.isArray(value) ? value : [String(value)];
      lines.forEach((line, index) => {
        const label = (index === 0 ? name : '').padEnd(width);
        this.#print(`       ${this.#paint(2, label)}  ${line}`);
      });
    }
    this.#print('');
  }
}

/** A secret as it may stand in a terminal's history: its beginning, and that there is more. */
export function shorten(secret: string): string {
  return `${secret.slice(0, 8)}… (${secret.length} characters)`;
}

/** A member of a mutation's union. */
interface Answer {
  __typename: string;
  code?: string;
  message?: string;
}

/** @throws {UnexpectedAnswerError} it is not the payload, but one of the errors */
export function takePayload<Result extends Answer, Name extends Result['__typename']>(
  result: Result,
  name: Name,
): Extract<Result, { __typename: Name }> {
  if (isNamed(result, name)) return result;
  throw new UnexpectedAnswerError(result.message ?? result.__typename, result.code ?? null);
}

/** @throws {UnexpectedAnswerError} it was not refused, or for another reason */
export function takeRefusal(result: Answer, code: string): { code: string; message: string } {
  if (result.code === code) return { code, message: result.message ?? '' };
  const instead = result.code ? `${result.code}: ${result.message}` : result.__typename;
  throw new UnexpectedAnswerError(
    `It should have been refused with ${code}. Instead: ${instead}`,
    result.code ?? null,
  );
}

/** @throws {UnexpectedAnswerError} the lookup found nothing */
export function takeFound<Thing>(thing: Thing | null | undefined, what: string): Thing {
  if (thing != null) return thing;
  throw new UnexpectedAnswerError(`${what} was not found.`);
}

function isNamed<Result extends Answer, Name extends Result['__typename']>(
  result: Result,
  name: Name,
): result is Extract<Result, { __typename: Name }> {
  return result.__typename === name;
}
