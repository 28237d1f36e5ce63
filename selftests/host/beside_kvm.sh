#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that a guest of KVM and one of peng share the host's CPUs: both run
# interrupts and timers at the same time, again and again, and both stay right.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

tests=$(dirname "$(readlink -f "$0")")/..

# together PROGRAM: the same test on both at once
together()
{
	PENG_DEVICE=/dev/kvm "$tests/$1" >"$work/kvm" 2>&1 &
	PENG_DEVICE=/dev/peng "$tests/$1" >"$work/peng" 2>&1
	is "$1: peng's" $? 0
	wait $!
	is "$1: KVM's" $? 0
	grep -h '^not ok' "$work/kvm" "$work/peng" | sed 's/^/# /'
}

if [ ! -e /dev/kvm ]; then
	plan 1
	skip "no built-in KVM"
	finish
fi
plan 10
together guest/timer
together guest/ipi
together guest/fpsimd
together guest/irq_overflow
together guest/notifier
finish
