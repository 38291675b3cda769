import { launchedPlace } from "lib/tasks/train/launcher.ts";
import assert from "node:assert/strict";

/** As torchrun sets them for the second process of the second of two machines. */
const TORCHRUN = {
  ...{ RANK: "3", WORLD_SIZE: "4", LOCAL_RANK: "1", LOCAL_WORLD_SIZE: "2", GROUP_RANK: "1" },
  ...{ MASTER_ADDR: "node1", MASTER_PORT: "29500" },
};

/** As srun sets them for the third task of a step of four on two nodes. */
const SRUN = {
  ...{ SLURM_JOB_ID: "4099", SLURM_STEP_ID: "0", SLURM_PROCID: "2", SLURM_LOCALID: "0" },
  ...{ SLURM_NTASKS: "4", SLURM_STEP_NUM_TASKS: "4", SLURM_NODEID: "1" },
  SLURM_STEP_TASKS_PER_NODE: "2(x2)",
  ...{ SLURM_NODELIST: "gpu[07-09,12]", SLURM_STEP_NODELIST: "gpu[08-09]" },
};

Deno.test("launchedPlace: nothing said, or one process alone, is no group", () => {
  assert.equal(launchedPlace({ PATH: "/bin" }), undefined);
  assert.equal(launchedPlace({ ...TORCHRUN, RANK: "0", WORLD_SIZE: "1" }), undefined);
  assert.equal(launchedPlace({ ...SRUN, SLURM_STEP_NUM_TASKS: "1", SLURM_PROCID: "0" }), undefined);
  // What sbatch's script has without srun: as many tasks as were asked for, but it is no step.
  const { SLURM_STEP_ID: _, ...inScript } = { ...SRUN, SLURM_PROCID: "0" };
  assert.equal(launchedPlace(inScript), undefined);
  const alone = { cluster: { worker: ["a:1"] }, task: { type: "worker", index: 0 } };
  assert.equal(launchedPlace({ TF_CONFIG: JSON.stringify(alone) }), undefined);
});

Deno.test("launchedPlace: torchrun's variables", () => {
  const place = {
    launcher: "torchrun",
    ...{ rank: 3, size: 4, localRank: 1, localSize: 2, hostname: "node1", port: 29500 },
  };
  assert.deepEqual(launchedPlace(TORCHRUN), place);
  assert.deepEqual(launchedPlace({ ...SRUN, ...TORCHRUN }), place); // torchrun by srun
  const kept = { ...TORCHRUN, TORCHELASTIC_USE_AGENT_STORE: "True" };
  assert.equal(launchedPlace(kept)!.port, 29501);
  assert.throws(() => launchedPlace({ ...TORCHRUN, RANK: "4" }), /rank 4 of 4 processes/);
  assert.throws(() => launchedPlace({ ...TORCHRUN, RANK: "one" }), /RANK is "one"/);
  assert.throws(() => launchedPlace({ ...TORCHRUN, MASTER_ADDR: "" }), /no MASTER_ADDR/);
  assert.throws(
    () => launchedPlace({ ...TORCHRUN, MASTER_PORT: undefined }),
    /MASTER_PORT is missing/,
  );
});

Deno.test("launchedPlace: TF_CONFIG's workers, behind a chief where there is one", () => {
  const cluster = { chief: ["h0:2222"], worker: ["h1:2222", "h1:2223"], ps: ["h2:1"] };
  const at = (type: string, index: number | string, of: object = cluster) =>
    launchedPlace({ TF_CONFIG: JSON.stringify({ cluster: of, task: { type, index } }) });
  const common = { launcher: "TF_CONFIG", size: 3, hostname: "h0", port: 2222 };
  assert.deepEqual(at("chief", 0), {
    ...common,
    rank: 0,
    localRank: 0,
    localSize: 1,
    ownPort: 2222,
  });
  assert.deepEqual(at("worker", "0"), {
    ...common,
    rank: 1,
    localRank: 0,
    localSize: 2,
    ownPort: 2222,
  });
  assert.deepEqual(at("worker", 1), {
    ...common,
    rank: 2,
    localRank: 1,
    localSize: 2,
    ownPort: 2223,
  });
  assert.equal(at("worker", 1, { worker: ["[::1]:5", "[::1]:6"] })!.hostname, "::1");
  assert.throws(() => at("ps", 0), /its cluster does not have/);
  assert.throws(() => at("worker", 2), /its cluster does not have/);
  assert.throws(() => at("worker", 0, { worker: ["a", "b"] }), /"a", which is not host:port/);
  assert.throws(() => launchedPlace({ TF_CONFIG: "{" }), /TF_CONFIG is not JSON/);
});

Deno.test("launchedPlace: srun's variables, with the first of its nodes and a port by the job", () => {
  assert.deepEqual(launchedPlace(SRUN), {
    launcher: "Slurm",
    ...{ rank: 2, size: 4, localRank: 0, localSize: 2, hostname: "gpu08", port: 61440 + 3 },
  });
  const onNodes = (list: string) => launchedPlace({ ...SRUN, SLURM_STEP_NODELIST: list })!.hostname;
  assert.equal(onNodes("a1,b2"), "a1");
  assert.equal(onNodes("rack[2-3]-node[01,04-08],x"), "rack2-node01");
  assert.equal(onNodes("node[3],x"), "node3");
  const older = { ...SRUN, SLURM_STEP_NUM_TASKS: undefined, SLURM_STEP_NODELIST: undefined };
  assert.equal(launchedPlace(older)!.hostname, "gpu07");
  assert.throws(() => onNodes(""), /list of nodes is ""/);
  assert.throws(() => launchedPlace({ ...SRUN, SLURM_LOCALID: "" }), /SLURM_LOCALID is ""/);
});
