#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that perf works in an unmodified Linux guest: its kernel finds the PMU, counts
# cycles of user space and of the kernel, and samples them by the PMU's interrupt, on
# each of two vCPUs; and that the host's perf does the same meanwhile.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

commands='{
echo =driver= $(dmesg | grep -c "hw perfevents: enabled with armv8_pmuv3 PMU driver")
for cpu in 0 1; do
	taskset $((1 << cpu)) profile >/tmp/profile$cpu
	echo =good$cpu= $(grep -c good /tmp/profile$cpu)
	echo =samples$cpu= $(sed -n "s/samples //p" /tmp/profile$cpu)
done
echo =irqs= $(awk "/arm-pmu/ { print (\$2 > 0) + (\$3 > 0) }" /proc/interrupts)
'"$count_problems"'
poweroff -f
}'

# Goes on until the guest is done: the two shared the counters all the while.
profile_host()
{
	while [ ! -e "$work/done" ]; do
		profile 5 >"$work/profile" 2>&1 || echo failed >>"$work/host"
		grep -q bad "$work/profile" && echo bad >>"$work/host"
		echo round >>"$work/rounds"
	done
}

if [ ! -e /sys/bus/event_source/devices/armv8_pmuv3_0 ] &&
   [ ! -e /sys/bus/event_source/devices/armv8_pmuv3 ]; then
	plan 1
	skip "the host has no PMU"
	finish
fi
plan 10
: >"$work/host"
profile_host &
host=$!
echo "$commands" | guest --cpus 2
is "powered off" $? 0
touch "$work/done"
wait "$host"
is "the guest's kernel has a driver" "$(said driver)" 1
for cpu in 0 1; do
	is "CPU $cpu: counts" "$(said good$cpu)" 3
	samples=$(said samples$cpu)
	check "CPU $cpu: samples" [ "${samples% *}" -ge 20 ]
done
is "both CPUs were interrupted" "$(said irqs)" 2
is "the host's counts meanwhile" "$(cat "$work/host")" ""
check "the host has counted" [ -s "$work/rounds" ]
clean "clean log"
finish
