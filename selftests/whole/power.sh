#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that a guest's end comes back as what it was: power-off, reset, and a
# kill from outside; and that what cannot start says so in one line.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

one_line()
{
	[ "$(wc -l <"$work/console")" -eq 1 ]
}

plan 8
echo 'poweroff -f' | guest
is "power-off" $? 0
echo 'reboot -f' | guest
is "reset" $? 3
echo 'poweroff -f' | guest --cpus 4
is "power-off with 4 vCPUs" $? 0

sleep 1000 | peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
	>"$work/console" 2>&1 &
wait_for 180 grep -q 'guest#' "$work/console"
kill -TERM "$(pidof peng)"
check "ends by SIGTERM" wait_for 60 sh -c '! pidof peng'
kill %1 2>/dev/null

guest --kernel /nowhere </dev/null
is "no kernel: status" $? 1
check "no kernel: one line" one_line
guest --device /dev/null </dev/null
is "no hypervisor: status" $? 1
check "no hypervisor: one line" one_line
finish
