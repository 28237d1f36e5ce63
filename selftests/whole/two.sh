#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that two guests run at once and are two: both are up at the same time,
# compute the right thing under each other's load, and one ends without the other.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# Each waits in its shell until the pipe says go on.
start()
{
	mkfifo "$work/in$1"
	{ peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
		--append "$APPEND" --cpus 2 --memory 256M --name "two$1" \
		<"$work/in$1" 2>&1; echo "=status= $?"; } | tr -d '\r' >"$work/out$1" &
}

plan 7
start 1
start 2
exec 8>"$work/in1" 9>"$work/in2"
echo 'echo =up= yes' >&8
echo 'echo =up= yes' >&9
check "the first is up" wait_for 180 grep -q '^=up= yes' "$work/out1"
check "the second is up" wait_for 180 grep -q '^=up= yes' "$work/out2"
echo 'echo =sum= $(seq 1 200000 | sha256sum | cut -d " " -f 1)' >&8
echo 'echo =sum= $(seq 1 200000 | sha256sum | cut -d " " -f 1)' >&9
want=$(seq 1 200000 | sha256sum | cut -d ' ' -f 1)
# A line may be there in part: wait for all of it.
wait_for 180 grep -qE '^=sum= [0-9a-f]{64}$' "$work/out1"
wait_for 180 grep -qE '^=sum= [0-9a-f]{64}$' "$work/out2"
is "the first computes" "$(said sum "$work/out1")" "$want"
is "the second computes" "$(said sum "$work/out2")" "$want"
echo 'poweroff -f' >&8
wait_for 180 grep -q '^=status= [0-9]' "$work/out1"
is "the first is off" "$(said status "$work/out1")" 0
echo 'echo =still= here' >&9
check "the second is still here" wait_for 180 grep -q '^=still= here' "$work/out2"
echo 'poweroff -f' >&9
wait_for 180 grep -q '^=status= [0-9]' "$work/out2"
is "the second is off" "$(said status "$work/out2")" 0
finish
