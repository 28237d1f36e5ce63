# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0-only
#
# For tests that are shell scripts: TAP on stdout, guests by `peng run`, and
# waiting with an end.  Sourced; ends the script with finish.

PENG_DEVICE=${PENG_DEVICE:-/dev/peng}
KERNEL=${KERNEL:-/boot/vmlinuz}
INITRD=${INITRD:-/boot/guest.img}
# The disk of Debian's programs that lab/clients built, for a guest, too.
CLIENTS=${CLIENTS:-$(sed -n 's, /opt/clients .*,,p' /proc/mounts)}
# vCPUs spin for a lock whose holder is off the CPU, and a shared machine may stand
# still: to the guest a stall is what lasts for minutes.
APPEND='console=ttyAMA0 quiet rcupdate.rcu_cpu_stall_timeout=240 watchdog_thresh=60'
count=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

plan()
{
	echo "TAP version 13"
	echo "1..$1"
}

# result STATUS NAME: one line of TAP
result()
{
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count $2"
	else
		echo "not ok $count $2"
		failed=1
	fi
}

# is NAME GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		echo "# $1: got '$2', wanted '$3'"
		result 1 "$1"
	fi
}

# check NAME COMMAND...: passes where the command succeeds
check()
{
	name=$1
	shift
	"$@" && status=0 || status=$?
	result "$status" "$name"
}

skip()
{
	count=$((count + 1))
	echo "ok $count # SKIP $1"
}

finish()
{
	exit $failed
}

# guest OPTIONS...: a Linux guest; stdin goes to its shell, stdout is its
# console without carriage returns, also kept in $work/console.
guest()
{
	{ peng run --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
		--append "$APPEND" "$@" 2>&1; echo $? >"$work/status"; } |
		tr -d '\r' >"$work/console"
	return "$(cat "$work/status")"
}

# For a guest's shell: what its kernel complained of, and how often.
# shellcheck disable=SC2016,SC2034 # it is for the guest, and for who sources this
count_problems='dmesg | grep -iE "warning:|bug:|oops|call trace|unable to handle|detected.*stall" >/tmp/problems
sed "s/^/=problem= /" /tmp/problems; echo =problems= $(grep -c "" /tmp/problems)'

# For a guest's shell, which has perf and gdb then: CLIENTS is its first disk.
# shellcheck disable=SC2034 # it is for who sources this
mount_clients='modprobe squashfs; mount -t squashfs -o ro /dev/vda /opt/clients'

# said TAG: what the guest printed by `echo "=TAG=" VALUE`. Lines for its shell stand
# in braces, for they are then read before the first is run: the terminal would print
# the others in the middle of what that says.
said()
{
	sed -n "s/^=$1= //p" "${2:-$work/console}" | head -n 1
}

# clean NAME [CONSOLE]: the guest did what $count_problems says, and had none; else the
# first of them
clean()
{
	sed -n 's/.*=problem= \[/# [/p' "${2:-$work/console}" | head -n 8
	is "$1" "$(sed -n 's/.*=problems= \([0-9]*\)$/\1/p' "${2:-$work/console}")" 0
}

# says STATUS TEXT COMMAND...: the command ends so, with one line of error that has it
says()
{
	status=$1 text=$2
	shift 2
	"$@" >/dev/null 2>"$work/err"
	is "status of: $*" "$?" "$status"
	check "one line of: $*" grep -q "^peng: .*$text" "$work/err"
	is "and no other" "$(wc -l <"$work/err")" 1
}

# sum_of FILE
sum_of()
{
	sha256sum <"$1" | cut -c -64
}

# wait_for SECONDS COMMAND...: until it succeeds
wait_for()
{
	tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# The kernel's own injector of memory errors.
hard_offline=/sys/devices/system/memory/hard_offline_page

can_lose_pages()
{
	[ -w $hard_offline ]
}

# guest_ram PID: where its largest mapping is, a guest's memory
guest_ram()
{
	sed -n 's/^\([0-9a-f]*\)-\([0-9a-f]*\) rw.*/\1 \2/p' "/proc/$1/maps" |
	while read -r from to; do
		echo $((0x$to - 0x$from)) $((0x$from))
	done | sort -n | sed -n '$s/.* //p'
}

# frame PID ADDRESS: the physical address of what it has there, 0 for nothing
frame()
{
	size=$(sed -n 's/^KernelPageSize: *\([0-9]*\) kB/\1/p' /proc/self/smaps | head -n 1)
	entry=$(dd if="/proc/$1/pagemap" bs=8 skip=$(($2 / size / 1024)) count=1 2>/dev/null |
		od -An -tx8 | tr -d ' ')
	echo $(((0x$entry & 0x7fffffffffffff) * size * 1024))
}

# lose_pages PID COMMAND...: lose pages of a guest of 256 MB, until the command says that
# it was of those that the guest uses
lose_pages()
{
	pid=$1
	shift
	base=$(guest_ram "$pid")
	for megabytes in 120 100 140 80 160 60; do
		at=$(frame "$pid" $((base + megabytes * 1048576)))
		[ "$at" != 0 ] || continue
		echo "$at" >$hard_offline
		wait_for 20 "$@" && return
	done
	return 1
}
