import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurns } from '../platform/turns.ts';
import { textFrame } from './text-frame.ts';

/** Unsent bytes beside one message, beyond which a reader is too slow; and from which it is waited for. */
const unsentBytesMax = 1_048_576;
const unsentBytesEnough = 65_536;

/** Writes text messages to one WebSocket: whole frames, for ws does no other while nothing is compressed. */
export class FrameWriter {
  readonly #stream: Duplex;
  /** Of the messages that are unsent, or were so together with those. */
  #largestBytes = 0;
  #inTurn: ReturnType<typeof createTurns> | null = null;

  /** @param stream which the frames of the socket are written to */
  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  /**
   * @returns a promise that there is room again, where much is unsent; false: nothing was written, since
   *   the reader is too slow
   */
  write(text: string): void | Promise<void> | false {
    const stream = this.#stream;
    const frame = textFrame(text);
    const unsent = stream.writableLength;
    if (unsent < unsentBytesEnough) {
      this.#largestBytes = frame.length;
      stream.write(frame);
      return;
    }
    this.#largestBytes = Math.max(this.#largestBytes, frame.length);
    if (unsent + frame.length - this.#largestBytes > unsentBytesMax) return false;
    return new Promise((resolve) => stream.write(frame, () => resolve()));
  }

  /**
   * Resolves when there is room for an answer, or the socket is gone: whoever asks for much at once gets
   * it one after the other, and is no slow reader for that. It is no more than may be asked at once.
   */
  async room(): Promise<void> {
    if (!this.#isFull) return;
    this.#inTurn ??= createTurns(1);
    await this.#inTurn(async () => {
      await nextTurn(); // whoever was before has written
      while (this.#isFull) await this.#drained();
    });
  }

  get #isFull(): boolean {
    return !this.#stream.destroyed && this.#stream.writableLength >= unsentBytesEnough;
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#stream.off('drain', done).off('close', done);
        resolve();
      };
      this.#stream.on('drain', done).on('close', done);
    });
  }
}
