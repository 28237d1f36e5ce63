#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that an unmodified Linux kernel boots to its shell with 1, 2 and 8
# vCPUs, brings all of them up, keeps time, is told the host's by ptp_kvm, and
# powers off cleanly; and that its console carries more input and output than any
# buffer holds.  A host that is SLOW, for its kernel examines what it does, gets the
# one boot with 2.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# The guest's own clock is far off when it asks for the host's.
commands='{
echo =cpus= $(nproc)
echo =online= $(cat /sys/devices/system/cpu/online)
echo =release= $(uname -r)
echo =gic= $(grep -c "GICv3.*arch_timer" /proc/interrupts)
echo =clock= $(cat /sys/devices/system/clocksource/clocksource0/current_clocksource)
date -s @1000000000 >/dev/null; echo =ptp= $(clock /dev/ptp0)
'"$count_problems"'
poweroff -f
}'

# between BEGIN END TIME: in whole seconds, as the host's date prints them
between()
{
	[ "${3%.*}" -ge "$1" ] && [ "${3%.*}" -le "$2" ]
}

boot()
{
	begin=$(date +%s)
	echo "$commands" | guest --cpus "$1"
	is "$1 vCPUs: powered off" $? 0
	check "$1 vCPUs: the host's time" between "$begin" "$(date +%s)" "$(said ptp)"
	is "$1 vCPUs: nproc" "$(said cpus)" "$1"
	is "$1 vCPUs: timer interrupt" "$(said gic)" 1
	is "$1 vCPUs: clock" "$(said clock)" arch_sys_counter
	clean "$1 vCPUs: clean log"
}

if [ "${SLOW:-1}" -gt 1 ]; then
	plan 6
	boot 2
	finish
fi
plan 19
boot 1
boot 2
boot 8
seq 1 4000 >"$work/want"
{ echo 'stty -echo'; echo 'seq 1 4000; echo =end= here; poweroff -f'; } | guest
# The shell's prompt stands before the first.
is "4000 lines of console output" \
	"$(sed 's/^guest# //' "$work/console" | grep -xE '[0-9]+' | sha256sum)" "$(sha256sum <"$work/want")"
finish
