#!/usr/bin/env bash
# On the GPU machine, in the root of the checkout: puts the kit together, then runs the steps one after
# another, each within its own limit, whatever the ones before gave. Everything goes to $OUT:
# summary.txt (a line a step), figures.jsonl, log.txt. README.md beside this says what each step finds out.
#
#   bash tests/gpu/check.sh [steps…]       default: all, in the order below, the most telling first
#
# GPU_KIT_DEADLINE: seconds after which no further step begins (500). GPU_KIT_CUBLAS=12 uses CUDA 12's
# own cuBLAS, when its parts were received, instead of the machine's. GPU_KIT_ANY=1 goes on without a GPU.
# For a rehearsal: GPU_KIT_COUNT (timed steps, 20), GPU_KIT_BLOCKS (4), GPU_KIT_BATCH (8), GPU_KIT_HALF
# (train16's precision, float16; a processor has bfloat16), GPU_KIT_PRESET (of the other detectors; their
# first), GPU_KIT_LIBRARY (another TensorFlow than the kit's),
# GPU_KIT_PYTHON (one with PyTorch; python3), GPU_KIT_PATIENCE (multiplies the steps' limits, 1), GPU_KIT_SIZE
# (224), GPU_KIT_WIDTH (1), GPU_KIT_ROUNDS (of the bench, 5) and GPU_KIT_THREADS (of the bench, 8 at most).
set -u
checkout=$PWD
store=${GPU_KIT_STORE:-${HOME:-/var/tmp}/gpu-kit}
OUT=${OUT:-$store/out}
deadline=${GPU_KIT_DEADLINE:-500}
root=$store/root app=$store/app
began=$SECONDS
count=${GPU_KIT_COUNT:-20} blocks=${GPU_KIT_BLOCKS:-4} batch=${GPU_KIT_BATCH:-8}
threads=${GPU_KIT_THREADS:-$(($(nproc) < 8 ? $(nproc) : 8))} rounds=${GPU_KIT_ROUNDS:-5}
size=${GPU_KIT_SIZE:-224} width=${GPU_KIT_WIDTH:-1} device=gpu:0
[ -z "${GPU_KIT_ANY:-}" ] || device=cpu
python=${GPU_KIT_PYTHON:-python3} preset=${GPU_KIT_PRESET:-} half=${GPU_KIT_HALF:-float16}
[ -f deno.json ] && [ -d lib/engine ] || { echo "Run this in the root of the checkout."; exit 2; }
mkdir -p "$OUT" "$root" "$store/cache/cuda" "$store/cache/deno" "$store/tmp"
: >"$OUT/summary.txt"; : >"$OUT/log.txt"; : >"$OUT/figures.jsonl"

say() { echo "$*" | tee -a "$OUT/summary.txt"; }

step() { # name limit command…: runs it, keeps its output and its figures, and says how it went
  local name=$1 limit=$2 left start code; shift 2
  limit=$((limit * ${GPU_KIT_PATIENCE:-1})) left=$((deadline - SECONDS + began))
  if [ "$left" -lt 5 ]; then say "$name: not begun, the deadline is near"; return 0; fi
  [ "$limit" -gt "$left" ] && limit=$left
  start=$(date +%s.%N)
  echo "=== $name" >>"$OUT/log.txt"
  timeout -k 5 "$limit" "$@" >"$store/tmp/step.txt" 2>&1 </dev/null; code=$?
  head -c 3000000 "$store/tmp/step.txt" >>"$OUT/log.txt"
  grep -a '^FIGURE ' "$store/tmp/step.txt" | cut -c8- >>"$OUT/figures.jsonl"
  say "$(printf '%-14s code %d, %.1f s%s' "$name" "$code" "$(echo "$(date +%s.%N) $start" | awk '{print $1 - $2}')" \
    "$([ $code = 124 ] && echo ' (its limit)')")"
  grep -a '^FIGURE ' "$store/tmp/step.txt" | cut -c8-700
  [ $code = 0 ] || tail -n 12 "$store/tmp/step.txt" | cut -c1-300
  return $code
}

run_deno() { "$root/deno" run -A --no-check --quiet "$@"; }

machine() {
  nvidia-smi
  nvidia-smi --query-gpu=name,driver_version,memory.total,memory.used,compute_mode,clocks.sm --format=csv
  uname -a; nproc; free -g; df -h "$store" /; "$python" --version
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -E 'libcuda\.|libnvidia-ml'
  ls /usr/local/nvidia/lib64 2>/dev/null | head -40
  which nvcc ptxas; head -2 /etc/os-release
  "$python" -c "import torch; print(torch.__version__, torch.version.cuda, torch.backends.cudnn.version(), torch.cuda.is_available())"
}

unpack() { # name: its parts, checked
  cat "$store/$1"/* | LD_LIBRARY_PATH=$store/kit/zstd "$store/kit/zstd/zstd" -q -d --long=27 -c | tar -C "$root" -x &&
    (cd "$root" && sha256sum --quiet -c "$store/kit/$1.files.sha256") && touch "$root/.$1"
}
assemble() { # the kit, once; the code beside it, each time; and the kit laid out as set-up lays out its wheels
  local want have version site
  if [ ! -e "$root/.base" ]; then
    want=$(wc -l <"$store/kit/base.sha256") have=$(ls "$store/base" | wc -l)
    [ "$want" = "$have" ] || { echo "$have of $want parts are here"; return 1; }
    unpack base || return 1
  fi
  if [ -d "$store/cublas" ] && [ ! -e "$root/.cublas" ]; then unpack cublas || return 1; fi
  rm -rf "$app"; mkdir -p "$app"
  (cd "$checkout" && tar -c deno.json deno.lock requirements.txt lib tests data) | tar -C "$app" -x || return 1
  ln -s "$root/node_modules" "$app/node_modules"
  version=$("$root/deno" --version | awk 'NR == 1 {print $2}')
  mkdir -p "$app/.cache/deno/$version" && ln -s "$root/deno" "$app/.cache/deno/$version/deno"
  site=$app/.venv/lib/python3.11/site-packages/tensorflow
  mkdir -p "$site" && { ln "$root"/tensorflow/* "$site/" || cp "$root"/tensorflow/* "$site/"; }
  ls -la "$root" "$root/tensorflow" "$root/cuda12"
}

find_library() { # the first file of that name: in the nvidia-* packages that Python sees, then anywhere
  local site
  for site in ${GPU_KIT_NVIDIA:-$("$python" -c "import sys; print(*[p + '/nvidia' for p in sys.path if p])")}; do
    [ -d "$site" ] && find -L "$site" -name "$1" 2>/dev/null
  done | head -1 | grep . || find / -xdev -name "$1" -not -path "$store/*" 2>/dev/null | head -1
}
driver_folders() { # of the driver's two libraries, where the loader does not know them; TensorFlow wants both
  local name
  for name in libcuda.so.1 libnvidia-ml.so.1; do
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -q "$name" && continue
    find /usr/local/nvidia /usr/lib /usr/lib64 -name "$name" -printf '%h\n' 2>/dev/null | head -1
  done | sort -u
}
link() { # the names that TensorFlow asks for, led to CUDA 13's libraries
  rm -rf "$store/lib"; mkdir -p "$store/lib"
  local wanted name file
  for wanted in libcublas.so.12=libcublas.so.13 libcublasLt.so.12=libcublasLt.so.13 libcufft.so.11=libcufft.so.12 \
    libcusolver.so.11=libcusolver.so.12 libcusparse.so.12=libcusparse.so.12 libcudnn.so.9=libcudnn.so.9 \
    libnccl.so.2=libnccl.so.2 libcupti.so.12=libcupti.so.13; do
    name=${wanted%%=*} file=$(find_library "${wanted##*=}")
    if [ -z "$file" ]; then echo "MISSING ${wanted##*=}"; continue; fi
    ln -sf "$file" "$store/lib/$name"; echo "$name -> $file"
    dirname "$(readlink -f "$file")"
  done | tee "$store/tmp/links.txt"
  ln -sf "$root/cuda12/libcudart.so.12" "$store/lib/"
  if [ "${GPU_KIT_CUBLAS:-13}" = 12 ]; then
    ln -sf "$root"/cuda12/libcublas*.so.12 "$store/lib/"; echo "cuBLAS: CUDA 12's own"
  fi
  # dlopen looks in the folder of each library too, for cuDNN's parts and for cuBLAS 13
  { echo "$store/lib"; grep '^/' "$store/tmp/links.txt" | sort -u; driver_folders; } |
    paste -sd: >"$store/tmp/path.txt"
  cat "$store/tmp/path.txt"
}
environment() {
  local cuda
  LD_LIBRARY_PATH=$(cat "$store/tmp/path.txt" 2>/dev/null)
  export LD_LIBRARY_PATH FORGERY_CLUES_LIBTENSORFLOW=${GPU_KIT_LIBRARY:-$root/tensorflow/libtensorflow_cc.so.2}
  export DENO_DIR=$store/cache/deno DENO_NO_UPDATE_CHECK=1 NO_COLOR=1 TMPDIR=$store/tmp
  export CUDA_CACHE_PATH=$store/cache/cuda CUDA_CACHE_MAXSIZE=4294967296
  export TF_FORCE_GPU_ALLOW_GROWTH=true
  export PATH=$PATH:/usr/local/nvidia/bin PYTHONUNBUFFERED=1
  for cuda in /usr/local/cuda /usr/local/cuda-1*; do # XLA's ptxas and libdevice
    [ -d "$cuda/nvvm/libdevice" ] && { export XLA_FLAGS=--xla_gpu_cuda_data_dir=$cuda PATH=$PATH:$cuda/bin; break; }
  done
}

stand_in() { # file real: a library of the file's name and soname that is the real one, of another soname
  # What is opened by path is found by name afterwards only if the name is its soname: a link would not do.
  gcc -shared -o "$1" "-Wl,-soname,$(basename "$1")" -x c /dev/null -x none -Wl,--no-as-needed "$2" "-Wl,-rpath,$(dirname "$2")"
}
layout() { # as set-up's wheels lie, and no LD_LIBRARY_PATH: does the product find its GPU by itself?
  local site=$app/.venv/lib/python3.11/site-packages package from file
  rm -rf "$site/nvidia"
  for file in "$store"/lib/*; do
    case $(basename "$file") in
      libcudart*) package=cuda_runtime ;; libcublas*) package=cublas ;; libcufft*) package=cufft ;;
      libcusolver*) package=cusolver ;; libcusparse*) package=cusparse ;; libcudnn*) package=cudnn ;;
      libnccl*) package=nccl ;; libcupti*) package=cuda_cupti ;; *) continue ;;
    esac
    from=$(readlink -f "$file"); mkdir -p "$site/nvidia/$package/lib"
    ln -sf "$(dirname "$from")"/lib*.so.* "$site/nvidia/$package/lib/" # its neighbours, by their own names
    ln -sf "$from" "$site/nvidia/$package/lib/$(basename "$file")"
    [ $package = cusolver ] || continue # TensorFlow finds the others by path
    rm "$site/nvidia/cusolver/lib/libcusolver.so.11"
    which gcc >/dev/null || { echo "There is no gcc: libcusolver.so.11, a library of that soname, cannot be made."; return 1; }
    stand_in "$site/nvidia/cusolver/lib/libcusolver.so.11" "$from" || return 1
  done
  LD_LIBRARY_PATH=$(driver_folders | paste -sd:)
  export LD_LIBRARY_PATH
  unset FORGERY_CLUES_LIBTENSORFLOW
  echo "TensorFlow alone, which does not look for cuSOLVER where its wheel is:"
  "$python" tests/gpu/dlopen_check.py "$site/tensorflow"
  echo "The product:"
  run_deno tests/gpu/product_layout.ts
}
placement() { # which operations run on the processor: TensorFlow says where it puts each
  local copy=$store/placement config=lib/engine/eager_context.ts
  rm -rf "$copy"; cp -a "$app" "$copy"; cd "$copy" || return 1
  sed -i 's|varintField(7, 1), // allow_soft|varintField(8, 1), varintField(7, 1), // allow_soft|' "$config"
  grep -q 'varintField(8, 1)' "$config" || { echo "$config has changed: placement cannot be asked for"; return 1; }
  export TF_CPP_MIN_LOG_LEVEL=0
  run_deno tests/gpu/paper_steps.ts float32 4 1 1 >"$store/tmp/placed_paper.txt" 2>&1
  run_deno tests/gpu/detector_steps.ts float32 4 1 "${preset:-quick}" >"$store/tmp/placed_others.txt" 2>&1
  "$python" tests/gpu/placed.py paper "$store/tmp/placed_paper.txt"
  "$python" tests/gpu/placed.py others "$store/tmp/placed_others.txt"
}
memory() {
  local growth
  for growth in true false; do
    TF_FORCE_GPU_ALLOW_GROWTH=$growth run_deno tests/gpu/paper_steps.ts float32 "$batch" 2 "$blocks" |
      sed "s/^FIGURE {/FIGURE {\"growth\":$growth,/"
  done
}
repeats() { # the same steps in two processes, the engine told to be deterministic: the same last loss?
  local round
  for round in 1 2; do
    run_deno tests/gpu/paper_steps.ts float32 "$batch" "$count" 1 | sed "s/^FIGURE {/FIGURE {\"round\":$round,/"
  done
}
bench() { # name, options: the project's bench on the device, its report in $OUT; PyTorch is the machine's
  local out=$OUT/$1 code; shift
  rm -rf "$out"
  FORGERY_CLUES_WAS_SET_UP=$app run_deno lib/tasks/bench.ts --device "$device" --peer torch --python "$python" \
    --blocks "$blocks" --size "$size" --width "$width" --threads "$threads" --rounds "$rounds" --quick \
    --output "$out" "$@"
  code=$?
  run_deno tests/gpu/bench_figures.ts "$out"
  return $code
}
run_tests() {
  "$root/deno" test -A --no-check --quiet "$@" | grep --line-buffered -aE 'FAILED|failed|passed|[eE]rror|ok \|' | head -200
  return "${PIPESTATUS[0]}"
}

run() {
  cd "$app" 2>/dev/null || cd "$store" || return
  case $1 in
    machine) step machine 20 bash -c machine ;;
    assemble) cd "$checkout" && step assemble 90 bash -c assemble ;;
    link) step link 30 bash -c link ;;
    dlopen) step dlopen 60 "$python" tests/gpu/dlopen_check.py "$root/tensorflow" ;;
    start) TF_CPP_MIN_LOG_LEVEL=0 step start 90 bash -c "run_deno tests/gpu/engine_start.ts $count" ;;
    layout) step layout 60 bash -c layout ;;
    step32) step step32 90 bash -c "run_deno tests/gpu/paper_steps.ts float32 $batch $count $blocks" ;;
    step16) step step16 90 bash -c "run_deno tests/gpu/paper_steps.ts float16,bfloat16 $batch $count $blocks" ;;
    unscaled16) step unscaled16 60 bash -c "run_deno tests/gpu/paper_steps.ts float16 $batch $count $blocks all none" ;;
    strict32) NVIDIA_TF32_OVERRIDE=0 step strict32 60 bash -c "run_deno tests/gpu/paper_steps.ts float32 $batch $count $blocks" ;;
    plain) step plain 60 bash -c "run_deno tests/gpu/paper_steps.ts float32,float16 $batch $count $blocks none" ;;
    repeats) NVIDIA_TF32_OVERRIDE=0 GPU_KIT_DETERMINISTIC=1 step repeats 60 bash -c repeats ;;
    agree) step agree 90 bash -c "bench agree --batch $batch --agreement" ;;
    bench8) step bench8 180 bash -c "bench bench8 --batch $batch --cases training" ;;
    bench32) step bench32 180 bash -c "bench bench32 --batch $((4 * batch)) --cases training" ;;
    inference) step inference 120 bash -c "bench inference --batch $batch --cases inference" ;;
    detectors) step detectors 90 bash -c "run_deno tests/gpu/detector_steps.ts float32 $batch 3 $preset" ;;
    detectors16) step detectors16 90 bash -c "run_deno tests/gpu/detector_steps.ts float16 $batch 3 $preset" ;;
    train) step train 90 bash -c "run_deno tests/gpu/train_killed.ts $((6 * count))" ;;
    train16) step train16 90 bash -c "run_deno tests/gpu/train_killed.ts $((6 * count)) $half" ;;
    cpu) step cpu 60 bash -c "run_deno tests/gpu/train_killed.ts 12 float32 cpu" ;;
    loader) step loader 90 bash -c "run_deno tests/gpu/loader_share.ts float32 $batch $((2 * count))" ;;
    uploads) step uploads 60 bash -c "run_deno tests/gpu/uploads.ts" ;;
    loader16) step loader16 90 bash -c "run_deno tests/gpu/loader_share.ts float16 32 $count" ;;
    placement) step placement 90 bash -c placement ;;
    memory) step memory 90 bash -c memory ;;
    batches) step batches 120 bash -c "run_deno tests/gpu/paper_steps.ts float32,float16 ${GPU_KIT_BATCHES:-32,128,256} 5 $blocks" ;;
    tests) NVIDIA_TF32_OVERRIDE=0 step tests 120 bash -c "run_tests --ignore=tests/engine/webgpu_backend_test.ts tests/engine" ;;
    parity) NVIDIA_TF32_OVERRIDE=0 step parity 120 bash -c "run_tests tests/networks tests/losses" ;;
    *) say "no step is called $1" ;;
  esac
}

export OUT store root app checkout count blocks batch python preset half threads rounds size width device
export -f bench run_deno machine unpack assemble find_library driver_folders link stand_in layout placement memory repeats run_tests
environment
for name in ${*:-machine assemble link dlopen start layout step32 agree step16 detectors bench8 train train16 cpu tests \
  placement parity loader uploads repeats strict32 unscaled16 plain memory inference bench32 batches}; do
  run "$name"
  case $name in
    link) environment ;;
    start)
      if [ -z "${GPU_KIT_ANY:-}" ] && ! grep -q '"device":"GPU' "$OUT/figures.jsonl"; then
        say "TensorFlow sees no GPU: stopped, to save time on the machine (GPU_KIT_ANY=1 goes on)."
        grep -aE 'Could not load|cuInit|Cannot dlopen|gpu_device|driver' "$OUT/log.txt" | tail -n 15 | cut -c1-300
        exit 1
      fi ;;
    assemble) [ -e "$root/.base" ] || { say "The kit is not whole: nothing else can run."; exit 1; } ;;
  esac
done
say "All: $((SECONDS - began)) s."
