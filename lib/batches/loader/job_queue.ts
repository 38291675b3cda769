/**
 * The thread's side of questions that are many pieces of work each: so many pieces at once, the oldest
 * question's first, and what is called off is not begun any more.
 */

/** A question with what is left to do of it. */
export interface Job {
  /** The question's. */
  readonly id: number;
  /** How many pieces of work it is. */
  readonly pieces: number;
  /** Does a piece; what goes wrong is said in the answer. */
  readonly work: (piece: number) => Promise<void>;
  /** Sends the answer, once nothing of it is at work any more, also of one that was called off. */
  readonly answer: () => void;
}

/** Jobs, in the order in which they came. */
export interface JobQueue {
  /** Takes a job in. */
  add(job: Job): void;
  /** Forgets what was not begun of a question; one that is begun as a whole, or done, stays as it is. */
  callOff(id: number): void;
}

/** A queue of which `atOnce` pieces are worked on at the same time. */
export function openJobQueue({ atOnce }: { atOnce: number }): JobQueue {
  const waiting: { job: Job; begun: number; done: number; isCalledOff: boolean }[] = [];
  let busy = 0;
  const end = ({ job, begun, done, isCalledOff }: typeof waiting[number]) => {
    if (done === (isCalledOff ? begun : job.pieces)) job.answer();
  };
  const work = async (state: typeof waiting[number], piece: number) => {
    await state.job.work(piece);
    busy--;
    state.done++;
    end(state);
    fill();
  };
  const fill = () => {
    while (busy < atOnce && waiting.length > 0) {
      const [state] = waiting;
      busy++;
      const piece = state.begun++;
      if (state.begun === state.job.pieces) waiting.shift();
      void work(state, piece); // its errors are in its answer
    }
  };
  return {
    add: (job) => {
      waiting.push({ job, begun: 0, done: 0, isCalledOff: false });
      fill();
    },
    callOff: (id) => {
      const at = waiting.findIndex(({ job }) => job.id === id);
      if (at < 0) return;
      const [state] = waiting.splice(at, 1);
      state.isCalledOff = true;
      end(state);
    },
  };
}
