#!/usr/bin/env bash
# On the GPU machine, in the root of the checkout: keeps a part of the kit that was brought, once its hash
# is right. `bash tests/gpu/receive.sh base 1` keeps .gpu/base-1; ends with how many are there.
set -u
kit=.gpu/kit store=${GPU_KIT_STORE:-${HOME:-/var/tmp}/gpu-kit}
name=${1:?the name of a pack: base or cublas} number=${2:?the number of a part}
[ -f "$kit/$name.sha256" ] || { echo "There is no $kit/$name.sha256: pack.sh makes it; it travels with each part."; exit 2; }
mkdir -p "$store/$name" "$store/kit" && cp -r "$kit/." "$store/kit/" || exit 1
part=.gpu/$name-$number/part
want=$(awk -v f="$name-$number/part" '$2 == f {print $1}' "$kit/$name.sha256")
have=$(sha256sum "$part" 2>/dev/null | cut -d' ' -f1)
if [ -z "$want" ] || [ "$want" != "$have" ]; then
  echo "PART $name-$number BROKEN: $part is ${have:-not there}, wanted ${want:-(not listed)}"; exit 1
fi
cp "$part" "$store/$name/$(printf %02d "$number")" && rm -f "$part" || exit 1
echo "PART $name-$number kept, $(du -sh "$store" | cut -f1) in $store; $(df -h "$store" | awk 'NR==2 {print $4}') free"
total=$(wc -l <"$kit/$name.sha256") kept=$(ls "$store/$name" | wc -l)
echo "$kept of $total parts of $name."
