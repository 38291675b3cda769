;; The sums of shrink.ts on vectors of 128 bits. weighted_sums.wasm is made of this text: after a change,
;; `deno run -A tests/media/assemble_weighted_sums.ts`.
;;
;; Pixels are bytes, weights signed 16-bit numbers in units of 1/4096, for each result `taps` of them, an
;; even number. A sum is a 32-bit number, rounded (half a unit first), and kept within 0 to 255.
(module
  (memory (export "memory") 1)

  ;; A row of `bytes` out of `taps` rows, each `stride` bytes behind the last. Works on 16 bytes at a time:
  ;; may read and write 15 more.
  (func (export "sumRows")
    (param $rows i32) (param $stride i32) (param $weights i32) (param $taps i32)
    (param $bytes i32) (param $to i32)
    (local $end i32) (local $row i32) (local $weight i32) (local $lastWeight i32)
    (local $half v128) (local $upper v128) (local $lower v128) (local $both v128)
    (local $weightOfBoth v128)
    (local $sum0 v128) (local $sum4 v128) (local $sum8 v128) (local $sum12 v128)
    (local.set $end (i32.add (local.get $to) (local.get $bytes)))
    (local.set $lastWeight
      (i32.add (local.get $weights) (i32.shl (local.get $taps) (i32.const 1))))
    (local.set $half (v128.const i32x4 2048 2048 2048 2048))
    (loop $blocks
      (local.set $sum0 (local.get $half))
      (local.set $sum4 (local.get $half))
      (local.set $sum8 (local.get $half))
      (local.set $sum12 (local.get $half))
      (local.set $row (local.get $rows))
      (local.set $weight (local.get $weights))
      (loop $pairs ;; of rows, as a dot product takes two numbers
        (local.set $weightOfBoth (v128.load32_splat (local.get $weight)))
        (local.set $upper (v128.load (local.get $row)))
        (local.set $lower (v128.load (i32.add (local.get $row) (local.get $stride))))
        (local.set $both
          (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
            (local.get $upper) (local.get $lower)))
        (local.set $sum0 (i32x4.add (local.get $sum0)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weightOfBoth))))
        (local.set $sum4 (i32x4.add (local.get $sum4)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weightOfBoth))))
        (local.set $both
          (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31
            (local.get $upper) (local.get $lower)))
        (local.set $sum8 (i32x4.add (local.get $sum8)
          (i32x4.dot_i16x8_s (i16x8.extend_low_i8x16_u (local.get $both)) (local.get $weightOfBoth))))
        (local.set $sum12 (i32x4.add (local.get $sum12)
          (i32x4.dot_i16x8_s (i16x8.extend_high_i8x16_u (local.get $both)) (local.get $weightOfBoth))))
        (local.set $row (i32.add (local.get $row) (i32.shl (local.get $stride) (i32.const 1))))
        (local.set $weight (i32.add (local.get $weight) (i32.const 4)))
        (br_if $pairs (i32.lt_u (local.get $weight) (local.get $lastWeight))))
      (v128.store (local.get $to)
        (call $toBytes
          (local.get $sum0) (local.get $sum4) (local.get $sum8) (local.get $sum12)))
      (local.set $rows (i32.add (local.get $rows) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 16)))
      (br_if $blocks (i32.lt_u (local.get $to) (local.get $end)))))

  ;; Four rows of `width` RGB pixels, one behind the other, out of four longer ones that lie 4096 bytes
  ;; apart. `starts`: of each result, in bytes from a row's begin. May read 2 bytes more.
  (func (export "sumColumns")
    (param $rows i32) (param $starts i32) (param $weights i32) (param $taps i32)
    (param $width i32) (param $to i32)
    (local $bytes i32) (local $end i32) (local $two i32) (local $lastWeight i32) (local $row i32)
    (local $half v128) (local $pairwise v128) (local $weightOfBoth v128) (local $results v128)
    (local $sum0 v128) (local $sum1 v128) (local $sum2 v128) (local $sum3 v128)
    ;; In variables, as V8 builds a constant anew wherever it stands.
    (local.set $half (v128.const i32x4 2048 2048 2048 2048))
    ;; Of two pixels red and red, green and green, blue and blue, as 16-bit numbers, then nothing.
    (local.set $pairwise (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1))
    (local.set $bytes (i32.mul (local.get $width) (i32.const 3)))
    (local.set $end (i32.add (local.get $to) (local.get $bytes)))
    (loop $columns
      (local.set $two (i32.add (local.get $rows) (i32.load (local.get $starts))))
      (local.set $lastWeight
        (i32.add (local.get $weights) (i32.shl (local.get $taps) (i32.const 1))))
      (local.set $sum0 (local.get $half))
      (local.set $sum1 (local.get $half))
      (local.set $sum2 (local.get $half))
      (local.set $sum3 (local.get $half))
      (loop $pairs ;; of pixels
        (local.set $weightOfBoth (v128.load32_splat (local.get $weights)))
        (local.set $sum0 (i32x4.add (local.get $sum0)
          (i32x4.dot_i16x8_s
            (i8x16.swizzle (v128.load64_zero (local.get $two)) (local.get $pairwise))
            (local.get $weightOfBoth))))
        (local.set $sum1 (i32x4.add (local.get $sum1)
          (i32x4.dot_i16x8_s
            (i8x16.swizzle (v128.load64_zero offset=4096 (local.get $two)) (local.get $pairwise))
            (local.get $weightOfBoth))))
        (local.set $sum2 (i32x4.add (local.get $sum2)
          (i32x4.dot_i16x8_s
            (i8x16.swizzle (v128.load64_zero offset=8192 (local.get $two)) (local.get $pairwise))
            (local.get $weightOfBoth))))
        (local.set $sum3 (i32x4.add (local.get $sum3)
          (i32x4.dot_i16x8_s
            (i8x16.swizzle (v128.load64_zero offset=12288 (local.get $two)) (local.get $pairwise))
            (local.get $weightOfBoth))))
        (local.set $two (i32.add (local.get $two) (i32.const 6)))
        (local.set $weights (i32.add (local.get $weights) (i32.const 4)))
        (br_if $pairs (i32.lt_u (local.get $weights) (local.get $lastWeight))))
      (local.set $results
        (call $toBytes
          (local.get $sum0) (local.get $sum1) (local.get $sum2) (local.get $sum3)))
      (local.set $row (local.get $to))
      (v128.store16_lane 0 (local.get $row) (local.get $results))
      (v128.store8_lane offset=2 2 (local.get $row) (local.get $results))
      (local.set $row (i32.add (local.get $row) (local.get $bytes)))
      (v128.store16_lane 2 (local.get $row) (local.get $results))
      (v128.store8_lane offset=2 6 (local.get $row) (local.get $results))
      (local.set $row (i32.add (local.get $row) (local.get $bytes)))
      (v128.store16_lane 4 (local.get $row) (local.get $results))
      (v128.store8_lane offset=2 10 (local.get $row) (local.get $results))
      (local.set $row (i32.add (local.get $row) (local.get $bytes)))
      (v128.store16_lane 6 (local.get $row) (local.get $results))
      (v128.store8_lane offset=2 14 (local.get $row) (local.get $results))
      (local.set $starts (i32.add (local.get $starts) (i32.const 4)))
      (local.set $to (i32.add (local.get $to) (i32.const 3)))
      (br_if $columns (i32.lt_u (local.get $to) (local.get $end)))))

  ;; Sixteen sums, in their order.
  (func $toBytes (param $a v128) (param $b v128) (param $c v128) (param $d v128) (result v128)
    (i8x16.narrow_i16x8_u
      (i16x8.narrow_i32x4_s
        (i32x4.shr_s (local.get $a) (i32.const 12)) (i32x4.shr_s (local.get $b) (i32.const 12)))
      (i16x8.narrow_i32x4_s
        (i32x4.shr_s (local.get $c) (i32.const 12)) (i32x4.shr_s (local.get $d) (i32.const 12))))))
