#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that perf works in an unmodified Linux guest, on each of two vCPUs: `perf stat`
# counts cycles of user space and of the kernel, `perf record` samples them by the PMU's
# interrupt, and `perf report` names where they are; and that the host's perf does the
# same meanwhile.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# count TAG COMMAND...: cycles of user space, of the kernel and of both
# samples TAG COMMAND...: lines with a number of samples, their CPU and where they are
functions='count()
{
	tag=$1
	shift
	perf stat -x, -o "$work/counts" -e "{cycles:u,cycles:k,cycles}" "$@"
	echo "=$tag=" $(sed -n "s/,,cycles.*//p" "$work/counts")
}
samples()
{
	tag=$1
	shift
	perf record -qB -e cycles -c 5000000 --sample-cpu -o "$work/samples" "$@"
	perf report -q -i "$work/samples" --stdio --stdio-color never -F sample,cpu,comm,sym |
		sed -n "s/^ *\([1-9]\)/=$tag= \1/p"
}'

commands='{
'"$mount_clients; work=/tmp; $functions"'
echo =driver= $(dmesg | grep -c "hw perfevents: enabled with armv8_pmuv3 PMU driver")
echo =events= $(ls /sys/bus/event_source/devices/armv8_pmuv3*/events)
for cpu in 0 1; do
	count less$cpu taskset $((1 << cpu)) subject user 40
	count more$cpu taskset $((1 << cpu)) subject user 160
	count kernel$cpu taskset $((1 << cpu)) subject kernel 50
done
samples sampled sh -c "for mask in 1 2; do
	taskset \$mask subject user 50
	taskset \$mask subject kernel 50
done"
echo =irqs= $(awk "/arm-pmu/ { print (\$2 > 0) + (\$3 > 0) }" /proc/interrupts)
'"$count_problems"'
poweroff -f
}'

# Goes on until the guest is done: the two shared the counters all the while.
profile_host()
{
	while [ ! -e "$work/done" ]; do
		count counted subject user 40
		samples sampled subject user 40
		echo "=round= done"
	done >"$work/host" 2>&1
}

# holds NAME COUNTS CONDITION: of those of user space, of the kernel and of both
holds()
{
	echo "# $1: $2"
	check "$1" awk -v counts="$2" 'BEGIN {
		split(counts, n, " "); user = n[1]; kernel = n[2]; both = n[3]
		exit !('"$3"')
	}'
}

# Each has counted, and they agree: a counter starts and stops with the others.
agree='user > 0 && kernel > 0 && user + kernel > both * 0.9 && user + kernel < both * 1.1'

# sum TAG EXPRESSION [FILE]: of the samples of which this is said
sum()
{
	sed -n "s/^=$1= //p" "${3:-$work/console}" | grep "$2" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

if [ ! -e /sys/bus/event_source/devices/armv8_pmuv3_0 ] &&
   [ ! -e /sys/bus/event_source/devices/armv8_pmuv3 ]; then
	plan 1
	skip "the host has no PMU"
	finish
fi
plan 20
eval "$functions"
profile_host &
host=$!
# Tabs would have the shell complete words.
echo "$commands" | tr '\t' ' ' | guest --cpus 2 --disk "$CLIENTS,ro"
is "powered off" $? 0
touch "$work/done"
wait "$host"
is "the guest's kernel has a driver" "$(said driver)" 1
ls /sys/bus/event_source/devices/armv8_pmuv3*/events >"$work/events"
is "whose events the host has, too" \
	"$(said events | tr ' ' '\n' | grep -cxFf "$work/events")" "$(said events | wc -w)"
# What of the two is less: the machine may have stood still, and cycles went on.
least=$({ said less0; said less1; } | sort -n | sed 's/ .*//; q')
for cpu in 0 1; do
	holds "CPU $cpu: counts" "$(said less$cpu)" "$agree"
	holds "CPU $cpu: more for more work" "$(said more$cpu)" "$agree && user > 2 * ${least:-0}"
	holds "CPU $cpu: counts of a system call" "$(said kernel$cpu)" "$agree"
	holds "CPU $cpu: user space is told from the kernel" "$(said more$cpu) $(said kernel$cpu)" \
		'user / both > 3 * n[4] / n[6]'
	check "CPU $cpu: samples name the function" \
		[ "$(sum sampled "^[0-9]* *00$cpu *subject *\[\.\] spin$")" -ge 5 ]
	check "CPU $cpu: samples of the kernel" \
		[ "$(sum sampled "^[0-9]* *00$cpu *subject *\[k\]")" -ge 5 ]
done
is "both CPUs were interrupted" "$(said irqs)" 2
holds "the host's counts meanwhile" "$(said counted "$work/host")" "$agree"
rounds=$(grep -c '^=round= ' "$work/host")
is "so in each round" "$(sed -n 's/^=counted= //p' "$work/host" |
	awk '{ user = $1; kernel = $2; both = $3; n += ('"$agree"') } END { print n }')" "$rounds"
check "the host's samples meanwhile" [ "$(sum sampled '\] spin$' "$work/host")" -ge $((5 * rounds)) ]
clean "clean log"
finish
