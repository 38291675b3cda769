/** The thread in which RetinaFace's network runs: one picture after the other. */
import { parentPort } from "node:worker_threads";
import { openOnnxruntime } from "./onnxruntime.ts";
import type { Outputs } from "./retinaface.ts";

/** A picture for the network. */
export interface RetinafacePlanes {
  /** float32: the planes B, G, R of height · width with their means subtracted. */
  readonly planes: ArrayBuffer;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
}

/** What the thread is asked: to load the network, then to run it. */
export type RetinafaceQuestion = {
  /** An ONNX file with the inputs and outputs of RetinaFace. */
  readonly path: string;
} | RetinafacePlanes;

/** What came of it. */
export interface RetinafaceReply {
  /** The question's. */
  readonly id: number;
  /** What the network says; absent after loading, and where it failed. */
  readonly outputs?: Outputs;
  /** Why it could not be loaded or run. */
  readonly error?: string;
}

/** Runs the loaded network on planes of height · width. */
let network: ((question: RetinafacePlanes) => Promise<Outputs>) | undefined;

async function load(path: string): Promise<void> {
  const { InferenceSession, Tensor } = await openOnnxruntime();
  const session = await InferenceSession.create(path, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: "all",
    logSeverityLevel: 3, // errors only: the export carries unused names
  });
  network = async ({ planes, width, height }) => {
    const input = new Tensor("float32", new Float32Array(planes), [1, 3, height, width]);
    const out = await session.run({ input });
    const values = (name: string) => out[name].data as Float32Array;
    return { loc: values("loc"), conf: values("conf"), landmarks: values("landmarks") };
  };
}

async function answer(question: RetinafaceQuestion): Promise<Pick<RetinafaceReply, "outputs">> {
  if ("path" in question) {
    await load(question.path);
    return {};
  }
  return { outputs: await network!(question) };
}

let last: Promise<void> = Promise.resolve();

parentPort!.on("message", ({ id, ...question }: RetinafaceQuestion & { id: number }) => {
  last = last.then(async () => {
    const reply = await answer(question as RetinafaceQuestion)
      .catch((error: Error) => ({ error: error.message }));
    parentPort!.postMessage({ id, ...reply } satisfies RetinafaceReply);
  });
});
