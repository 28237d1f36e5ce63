#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that guests which are killed while they boot leave nothing: memory,
# slab objects, open files, processes, interrupts in use.  Ten cycles fill the
# kernel's caches first; then 50 more must stay within what the caches' noise
# is (a leak of one page per guest would be caught by the slab and free counts).
# A host that is SLOW, for its kernel examines what it does, keeps what was freed for a
# while (KASAN), so sizes say nothing; what leaks there kmemleak reports at the end.

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

# cycle DELAY: start a Linux guest, kill it after DELAY
cycle()
{
	peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" --cpus 2 \
		--memory 256M </dev/null >/dev/null 2>&1 &
	pid=$!
	sleep "$1"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
}

cycles()
{
	i=0
	while [ $i -lt "$1" ]; do
		cycle "0.$((i % 7 + 1))"
		i=$((i + 1))
	done
}

# In kB: what no cache gives back.
used()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	echo 1 >/proc/sys/vm/compact_memory
	sleep 1
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "SUnreclaim:" || $1 == "KernelStack:" || $1 == "PageTables:" ||
	     $1 == "SecPageTables:" || $1 == "VmallocUsed:" || $1 == "Percpu:" { n += $2 }
	     END { print n }' /proc/meminfo
}

# In kB: free pages, and those that each CPU keeps for who asks it next, which may be
# many megabytes and are in no other count.
free()
{
	awk '$1 == "nr_free_pages" || $1 == "count:" { n += $2 } END { print 4 * n }' \
		/proc/zoneinfo
}

files()
{
	cut -f 1 /proc/sys/fs/file-nr
}

interrupts()
{
	awk '{ print $1, $NF }' /proc/interrupts | sha256sum
}

# less_than A B LIMIT: A is above B by less than LIMIT
less_than()
{
	echo "# $1 kB and $2 kB"
	[ $(($1 - $2)) -lt "$3" ]
}

# A cache may take a while to let go.
enough_free()
{
	used >/dev/null
	free1=$(free)
	less_than "$free0" "$free1" 8000
}

sizes()
{
	check "kernel memory" less_than "$used1" "$used0" 1500
	# Pages of guests: one guest's kernel alone is more than this.
	wait_for 3 enough_free
	check "free memory" less_than "$free0" "$free1" 8000
}

plan 6
cycles 10
used0=$(used) free0=$(free) files0=$(files) interrupts0=$(interrupts)
cycles 50
used1=$(used) files1=$(files) interrupts1=$(interrupts)
if [ "${SLOW:-1}" -gt 1 ]; then
	skip "kernel memory: KASAN keeps what was freed"
	skip "free memory: likewise"
else
	sizes
fi
check "open files" test $((files1 - files0)) -lt 64
is "interrupts" "$interrupts1" "$interrupts0"
is "no process is left" "$(pidof peng)" ""
is "no user of the module is left" "$(awk '$1 == "peng" && $3 != 0' /proc/modules)" ""
finish
