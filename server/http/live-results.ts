import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
} from 'graphql';
import type { Context } from '../../schema/builder.ts';
import { type LiveListener, LiveSource } from '../domain/live/source.ts';
import { shownResult } from './faults.ts';

/** One result of a subscription, in JSON already. */
export interface LiveResult {
  readonly json: string;
  /** By which Yoga writes it. */
  stringify(): string;
}

/**
 * Answers subscriptions: what happened in, JSON out.
 *
 * What is the same for many subscribers is executed and written once for each distinct document and
 * variables, and then only sent to each. Sources say what is the same: those with a key.
 */
export class LiveResults {
  /** Those that several listen to, by what is watched and what was asked: as long as somebody does. */
  readonly #shared = new Map<string, WeakRef<Rendering>>();
  readonly #forgotten = new FinalizationRegistry<string>((key) => {
    if (!this.#shared.get(key)?.deref()) this.#shared.delete(key);
  });
  readonly #documents = new WeakMap<object, number>();
  #documentCount = 0;

  /**
   * @returns the results to listen to; errors, where there is nothing to subscribe to
   */
  async open(args: ExecutionArgs): Promise<LiveSource<LiveResult> | ExecutionResult> {
    const source = await createSourceEventStream(args);
    if (!(source instanceof LiveSource)) return source as ExecutionResult;
    const key = source.key === null ? null : `${source.key} ${this.#nameOf(args)}`;
    const rendering = key === null ? new Rendering(args) : this.#share(key, args);
    return new LiveSource(key, (listener) => source.listen(new Renderer(rendering, listener)));
  }

  #share(key: string, args: ExecutionArgs): Rendering {
    const known = this.#shared.get(key)?.deref();
    if (known) return known;
    const rendering = new Rendering(args);
    this.#shared.set(key, new WeakRef(rendering));
    this.#forgotten.register(rendering, key);
    return rendering;
  }

  /** Documents are told apart as objects: Yoga keeps one for each text. */
  #nameOf({ document, operationName, variableValues }: ExecutionArgs): string {
    let number = this.#documents.get(document);
    if (number === undefined) {
      number = this.#documentCount++;
      this.#documents.set(document, number);
    }
    return JSON.stringify([number, operationName, variableValues]);
  }
}

/** How events become results: by the arguments of whoever asked first, which are those of all. */
class Rendering {
  readonly #args: ExecutionArgs;
  #event: unknown;
  /** Of that event, which its listeners are told one after the other. */
  #result: LiveResult | Promise<LiveResult> | null = null;

  constructor(args: ExecutionArgs) {
    this.#args = args;
  }

  /** Never rejects: what fails is in the result. */
  resultOf(event: unknown): LiveResult | Promise<LiveResult> {
    if (this.#result !== null && this.#event === event) return this.#result;
    const result = execute({ ...this.#args, rootValue: event });
    const made =
      result instanceof Promise ? result.then((each) => this.write(each)) : this.write(result);
    this.#event = event;
    this.#result = made;
    return made;
  }

  write(result: ExecutionResult): LiveResult {
    const json = JSON.stringify(shownResult(result, (this.#args.contextValue as Context).call));
    return { json, stringify: () => json };
  }
}

/** Tells one listener the results. As small as can be: there is one for each subscriber. */
class Renderer implements LiveListener<unknown> {
  readonly #rendering: Rendering;
  readonly #listener: LiveListener<LiveResult>;
  /** What is still being made and told, so that results come in order. */
  #pending: Promise<void> | null = null;

  constructor(rendering: Rendering, listener: LiveListener<LiveResult>) {
    this.#rendering = rendering;
    this.#listener = listener;
  }

  next(event: unknown): void | Promise<void> {
    const result = this.#rendering.resultOf(event);
    if (!(result instanceof Promise) && this.#pending === null) return this.#listener.next(result);
    let told: void | Promise<void>;
    // What comes next does not wait for room: one who reads too slowly would never be found out.
    const turn = this.#inTurn(async () => {
      told = this.#listener.next(await result);
    });
    return turn.then(() => told);
  }

  end(error?: unknown): void {
    if (this.#pending === null) this.#end(error);
    else void this.#inTurn(() => this.#end(error));
  }

  #end(error: unknown): void {
    if (error !== undefined) {
      void this.#listener.next(this.#rendering.write({ errors: [error as never] }));
    }
    this.#listener.end();
  }

  #inTurn(step: () => unknown): Promise<void> {
    const mine: Promise<void> = (this.#pending ?? Promise.resolve()).then(step).then(() => {
      if (this.#pending === mine) this.#pending = null;
    });
    this.#pending = mine;
    return mine;
  }
}
