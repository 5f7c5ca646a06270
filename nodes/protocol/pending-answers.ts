import type { FlespiError } from './flespi-error';

/** Asks, and hands over what came of it. */
export type Answering<Answer> = (settle: (answer: Answer) => void, reject: (error: unknown) => void) => void;

/** Everything that waits for an answer of the broker on one link. None waits longer than the link lives. */
export class PendingAnswers {
  readonly #rejections = new Set<(error: FlespiError) => void>();

  /** @param describe makes the error of a call that the library has failed */
  wait<Answer>(start: Answering<Answer>, describe: (error: unknown) => FlespiError): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#rejections.add(reject);
      start(
        (answer) => {
          this.#rejections.delete(reject);
          resolve(answer);
        },
        (error) => {
          this.#rejections.delete(reject);
          reject(describe(error));
        },
      );
    });
  }

  rejectAll(error: FlespiError): void {
    for (const reject of this.#rejections) reject(error);
    this.#rejections.clear();
  }
}
