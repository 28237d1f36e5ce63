#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves, on a host whose kernel runs at EL1, that a fault of peng's own code at EL2 is
# told to the log and costs the VM that it served only; host/el2_fault.c says what the
# host has to have back.

# shellcheck disable=SC2154 # tap.sh sets $work

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"

module=${MODULE:-/lib/modules/peng.ko}

told()
{
	dmesg | grep -c 'peng: fault at EL2'
}

if ! dmesg | grep -q 'peng: nvhe mode'; then
	plan 1
	skip "the host kernel runs at EL2"
	finish
fi
[ -d /sys/kernel/debug/tracing ] || mount -t debugfs none /sys/kernel/debug

plan 5
before=$(told)
rmmod peng
check "the module with debug=1" insmod "$module" debug=1
"$here/el2_fault" >"$work/faults" 2>&1 && status=0 || status=$?
sed 's/^/# /' "$work/faults"
result "$status" "the host has its own back"
is "none was left out" "$(sed -n 's/^# Totals: //p' "$work/faults" | cut -d ' ' -f 1-2)" \
	"pass:2 fail:0"
is "each is told" "$(($(told) - before))" 5
check "removal" rmmod peng
insmod "$module"
finish
