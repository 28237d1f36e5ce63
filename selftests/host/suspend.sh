#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that a guest lives through the host's suspend: hibernation up to the
# point where memory would be written, so that tasks are frozen, CPUs go offline,
# the boot CPU passes its low-power notifiers, and all of it comes back.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; shells expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

tests=$(dirname "$(readlink -f "$0")")/..

ticks()
{
	grep -c '^tick 2' "$work/console"
}

ticking()
{
	[ "$(ticks)" -gt "$1" ]
}

if ! grep -qsw disk /sys/power/state || ! echo core >/sys/power/pm_test; then
	plan 1
	skip "this kernel cannot hibernate, or not as a test"
	finish
fi
plan 5
{ echo 'while :; do echo tick $((1 + 1)); sleep 1; done'; exec sleep 1000; } | guest --cpus 2 &
check "a guest runs" wait_for 180 ticking 1
check "the host goes down and comes back" sh -c 'echo disk >/sys/power/state'
check "the guest goes on" wait_for 180 ticking "$(($(ticks) + 1))"
check "a new guest runs on all CPUs" sh -c '"$0" >"$1"' "$tests/guest/ipi" "$work/ipi"
kill -KILL "$(pidof peng)" 2>/dev/null
kill %1 2>/dev/null
wait
echo none >/sys/power/pm_test
check "all is given back" wait_for 60 rmmod peng
insmod "${MODULE:-/lib/modules/peng.ko}" halt_poll_ns=0
finish
