#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves what programs of an unmodified guest do with its CPUs: a debugger's hardware
# breakpoints, watchpoints and single steps stop its child and nobody else, on all vCPUs
# and on one; and a program of AArch32 runs, where the host has it.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

plan 5
echo '{
hwdebug 10
echo =one= $(taskset 1 hwdebug 10)
aarch32; echo =status= $?
'"$count_problems"'
poweroff -f
}' | guest --cpus 2
is "powered off" $? 0
is "breaks, watches, steps, wrong" "$(said hwdebug)" "10 10 10 0"
is "on one vCPU" "$(said one)" "=hwdebug= 10 10 10 0"
if dmesg | grep -q 'detected: 32-bit EL0 Support'; then
	is "AArch32" "$(said aarch32) $(said status)" "yes 0"
else
	skip "no AArch32 on this host"
fi
clean "clean log"
finish
