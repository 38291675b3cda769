#!/usr/bin/env bash
# A sweep as a Slurm array: each task of the array does its share of the runs. From the project's folder:
#
#   sbatch --array=1-24 lib/tasks/train/slurm_array.sh --data faces/manifest.csv --tables all --seeds 1,2,3
#
# Run `deno task start` once before, where the nodes see the same folder. Two minutes before the time limit
# a task is told to end (SIGTERM to this script, whose place the training takes by exec): it keeps its last
# step. It goes on there, and one that was killed at its last kept state, when the same command is submitted
# again; finished runs cost seconds.
#SBATCH --job-name=forgery-clues
#SBATCH --gres=gpu:1
#SBATCH --cpus-per-task=8
#SBATCH --mem=64G
#SBATCH --time=24:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
#SBATCH --output=results/runs/slurm-%A-%a.log
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:?Submit this with sbatch}"
deno=.cache/deno/2.9.6/deno # set-up's: npx would not pass the signal on
[ -x "$deno" ] || { echo "Run \"npx -y deno@2.9.6 task start\" here once before." >&2; exit 1; }
exec "$deno" task train "$@" --job "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
