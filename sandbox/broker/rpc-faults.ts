import { fitsPattern, type BrokerFaults, type RpcFaults } from './broker-faults';
import type { AnswerPart } from './rpc-answer';

/** The faults that apply to a call, if any; counts down `times`. */
export function takeRpcFaults({ rpc }: BrokerFaults, topic: string): RpcFaults | undefined {
  if (rpc === undefined || (rpc.topic !== undefined && !fitsPattern(rpc.topic, topic))) return undefined;
  if (rpc.times === undefined) return rpc;
  if (rpc.times <= 0) return undefined;
  rpc.times -= 1;
  return rpc;
}

/** The parts of an answer as the faults leave them: lost, repeated, mislabelled, without an end, several times over. */
export function* spoil(parts: readonly AnswerPart[], faults: RpcFaults): Generator<AnswerPart, void> {
  if (faults.silent === true) return;
  for (let answer = 0; answer < (faults.answers ?? 1); answer += 1) {
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1;
      if (isLast && faults.endless !== undefined) {
        yield* fill(faults.endless.chunkBytes, faults.endless.limit);
        return;
      }
      if (faults.lose === index || (faults.lose === 'last' && isLast)) continue;
      const spoilt = part.httpCode === undefined ? part : relabel(part, faults.httpCode);
      yield spoilt;
      if (faults.repeat === index) yield spoilt;
    }
  }
}

function relabel({ payload, httpCode }: AnswerPart, wanted: RpcFaults['httpCode']): AnswerPart {
  if (wanted === null || httpCode === undefined) return { payload };
  return { payload, httpCode: wanted ?? httpCode };
}

function* fill(chunkBytes: number, limit: number): Generator<AnswerPart, void> {
  const payload = Buffer.alloc(Math.max(1, chunkBytes), ' ');
  for (let sent = 0; sent < limit; sent += payload.length) yield { payload };
}

/** Lets a number of calls begin to answer at the same moment, so that their chunks mix. */
export class StartingLine {
  #waiting: (() => void)[] = [];

  /** Resolves when so many wait, or after the time. */
  async wait(count: number, milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
      if (this.#waiting.length < count) return;
      for (const start of this.#waiting) start();
      this.#waiting = [];
    });
  }
}
