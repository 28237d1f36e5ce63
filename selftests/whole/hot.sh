#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves what is changed in a VM while its guest runs: memory goes to the host and
# comes back, as the guest and the host count it; disks grow, come and go; what the
# VM may have of the host's memory. What cannot be done is refused in one line and
# changes nothing.

# shellcheck disable=SC2154 # tap.sh sets $work

. "$(dirname "$(readlink -f "$0")")/../lib/tap.sh"

PENG_HOME=$work/vms
export PENG_HOME
home=$PENG_HOME/a

in_console()
{
	tr -d '\r' <"$home/console.log" | grep -q "$1"
}

# ask TAG COMMAND: what it prints in the guest; a tag is used once. What is typed, which
# the terminal may show at a line's begin, is not what is looked for.
ask()
{
	echo "echo =''$1= \$($2)" >&8
	wait_for 120 in_console "^=$1= "
	tr -d '\r' <"$home/console.log" | sed -n "s/^=$1= //p" | head -n 1
}

# soon TAG WHAT CONDITION: it comes true in the guest
soon()
{
	is "$2" "$(ask "$1" "until $3; do sleep 1; done; echo yes")" yes
}

# memory TAG: KiB that the guest has
memory()
{
	ask "$1" "awk '/MemTotal/{print \$2}' /proc/meminfo"
}

# resident: KiB that the launcher takes of the host
resident()
{
	awk '/VmRSS/ { print $2 }' "/proc/$(cat "$home/run/pid")/status"
}

below()
{
	[ "$(resident)" -lt "$1" ]
}

start_vm()
{
	check "start" peng start a
	check "its guest boots" wait_for 240 in_console 'guest#'
	peng console a <in >/dev/null 2>&1 &
	exec 8>in
}

balloon()
{
	says 2 "'lots' is no size" peng balloon a lots
	says 2 'needs more arguments' peng balloon a
	says 3 'there is no VM b' peng balloon b 128M
	says 1 'a: the guest has 256M, of which it can keep 16M or more' peng balloon a 15M
	says 1 'a: the guest has 256M' peng balloon a 257M
	check "hold the guest" peng pause a
	says 1 'a still has 256M, not 128M' peng balloon --timeout 0 a 128M
	check "let it go on" peng resume a
	check "all of it again" peng balloon a 256M
	total=$(memory total)
	cached=$(ask cached 'cat /dev/vda /dev/vdc >/dev/null; echo yes')
	is "the guest has disks in all of its memory" "$cached" yes
	before=$(resident)
	check "inflate" peng balloon a 128M
	is "the guest has less" $((total - $(memory less))) $((128 * 1024))
	check "the host has more" below $((before - 64 * 1024))
	check "deflate" peng balloon a 256M
	is "the guest has all again" "$(memory again)" "$total"
	is "and can use it" "$(ask used 'dd if=/dev/zero of=/tmp/f bs=1M count=96 2>&- && echo yes')" yes
	before=$(resident)
	is "what it frees" "$(ask freed 'rm /tmp/f && echo yes')" yes
	check "the host has again" wait_for 60 below $((before - 64 * 1024))
	is "without a driver" "$(ask gone 'rmmod virtio_balloon && echo yes')" yes
	says 1 'no driver of the balloon; load virtio_balloon' peng balloon --timeout 1 a 192M
	is "with one again" "$(ask back 'modprobe virtio_balloon && echo yes')" yes
	check "the guest does what it was asked before" peng balloon a 192M
}

resize()
{
	says 2 "'9x' is no size" peng resize-disk a disk 9x
	says 1 'nodisk is none of its disks' peng resize-disk a nodisk 256M
	says 1 'has 128M and is not made smaller' peng resize-disk a disk 127M
	says 1 'read-only for the guest' peng resize-disk a fixed 256M
	says 1 'cannot enlarge disk .*; give a smaller' peng resize-disk a disk 9000000T
	is "the disk is as it was" "$(stat -c %s disk)" $((128 * 1024 * 1024))
	check "resize a disk" peng resize-disk a disk 192M
	soon size "the guest is told" "grep -q '^$((192 * 2048))$' /sys/block/vda/size"
	is "and writes behind the old end" "$(ask grown \
		'echo here | dd of=/dev/vda bs=1M seek=160 conv=fsync 2>&- && echo yes')" yes
	is "what the host reads" "$(dd if=disk bs=1M skip=160 count=1 2>/dev/null | head -n 1)" here
}

# shellcheck disable=SC2016 # it is for the guest's shell
attach()
{
	truncate -s 64M more
	says 3 'there is no VM b' peng attach-disk b more
	says 1 'cannot open disk .*nofile' peng attach-disk a nofile
	says 1 'disk is in use' peng attach-disk a disk
	says 1 'none of its disks' peng detach-disk a more
	says 1 'is of its config' peng detach-disk a disk
	is "the guest has no such disk" "$(ask none 'modprobe -a virtio_scsi sd_mod; ls -d /sys/block/sd* 2>&- | wc -l')" 0
	check "attach" peng attach-disk a more
	soon size1 "the guest has it" "grep -q '^$((64 * 2048))$' /sys/block/sda/size"
	is "and writes it" "$(ask wrote 'seq 200000 >/tmp/seq; dd if=/tmp/seq of=/dev/sda bs=1M conv=fsync 2>&- && echo yes')" yes
	seq 200000 >expected
	check "what the host reads" cmp -s -n "$(stat -c %s expected)" expected more
	is "what the guest reads" "$(ask sum 'echo 3 >/proc/sys/vm/drop_caches; head -c '"$(stat -c %s expected)"' /dev/sda | md5sum | cut -c -32')" \
		"$(md5sum <expected | cut -c -32)"
	says 1 'disk .*more is in use' peng attach-disk a more
	check "resize" peng resize-disk a more 80M
	soon size2 "the guest is told" "grep -q '^$((80 * 2048))$' /sys/block/sda/size"
	truncate -s 1M second
	check "attach another, read-only" peng attach-disk a second,ro
	soon ro "it is" 'grep -q 1 /sys/block/sdb/ro'
	is "of which no write comes through" "$(ask wp 'dd if=/tmp/seq of=/dev/sdb bs=4k count=1 conv=fsync 2>&- || echo no')" no
	check "detach" peng detach-disk a more
	soon left "the guest has one" '[ "$(ls -d /sys/block/sd*)" = /sys/block/sdb ]'
	check "the file is free" peng attach-disk a more
	check "detach again" peng detach-disk a more
	soon left2 "the guest has one again" '[ "$(ls -d /sys/block/sd*)" = /sys/block/sdb ]'
	for i in 1 2 3 4 5 6 7; do
		truncate -s 1M "d$i"
		peng attach-disk a "d$i"
	done
	truncate -s 1M d8
	says 1 'no room for more; detach one' peng attach-disk a d8
	soon all "the guest has all" '[ "$(ls -d /sys/block/sd* | wc -l)" = 8 ]'
	for i in 1 2 3 4 5 6 7; do
		peng detach-disk a "d$i"
	done
	soon none2 "and none of them" '[ "$(ls -d /sys/block/sd* | wc -l)" = 1 ]'
}

# On a disk of the guest an agent that synchronises as QEMU's does, but then says what is
# meant for a terminal.
write_liar()
{
	cat >fixed <<-'END'
		exec 3<>"$1"
		while read -r line <&3; do
			id=${line##*:}
			case $line in
			*sync*)	printf '{"return":%s}\n' "${id%%\}*}" ;;
			*)	printf '{"error":{"desc":"\\u001b[31m%s"}}\n' no ;;
			esac >&3
		done
	END
	truncate -s 1M fixed
}

# A guest that says other things than an agent does, for ever or in its words.
# shellcheck disable=SC2016 # it is for the guest's shell
hostile_agents()
{
	is "find the port" "$(ask port 'ln -s $(grep -l guest_agent /sys/class/virtio-ports/*/name | sed "s,.*ports/,/dev/,;s,/name,,") /dev/agent; [ -c /dev/agent ] && echo yes')" yes
	is "say something for ever" "$(ask flood 'yes {} >/dev/agent & echo yes')" yes
	says 1 'a does not answer in 5 s' timeout 60 peng cpus --timeout 5 a 1
	is "say it no more" "$(ask still 'killall yes && echo yes')" yes
	is "say what is no agent's" "$(ask liar 'sh /dev/vdb /dev/agent >/dev/null & echo $! >/tmp/liar; echo yes')" yes
	says 1 "a: the guest's agent: ?\[31mno" timeout 120 peng cpus a 1
	is "end that" "$(ask honest 'kill $(cat /tmp/liar) && echo yes')" yes
}

# shellcheck disable=SC2016 # it is for the guest's shell
cpus()
{
	says 2 "'0' is no number of CPUs" peng cpus a 0
	says 2 "'2x' is no number of CPUs" peng cpus a 2x
	says 3 'there is no VM b' peng cpus b 1
	says 1 'a does not answer in 2 s; install and start qemu-guest-agent' \
		peng cpus --timeout 2 a 1
	hostile_agents
	is "start the agent" "$(ask agent 'modprobe squashfs; mount -t squashfs -o ro /dev/vdc /opt/clients; setsid qemu-ga -m virtio-serial -p /dev/agent -t /tmp >/tmp/agent.log 2>&1 & echo yes')" yes
	is "the guest has all" "$(ask cpus 'cat /sys/devices/system/cpu/online')" 0-2
	check "take two" peng cpus a 1
	is "it has one" "$(ask cpus1 'cat /sys/devices/system/cpu/online')" 0
	is "and the host sees that" "$(states)" "stopped stopped"
	check "the same again" peng cpus a 1
	check "give one back" peng cpus a 2
	is "it has two" "$(ask cpus2 'cat /sys/devices/system/cpu/online')" 0-1
	is "and the new one works" "$(ask works 'taskset 2 sh -c "cat /proc/self/stat" | cut -d " " -f 39')" 1
	says 1 'a has 3 vCPUs; give it more by peng edit and peng restart' peng cpus a 4
	peng cpus a 3 &
	check "two at a time" peng cpus a 3
	wait $! || echo "# the other failed"
	is "it has all" "$(ask cpus3 'cat /sys/devices/system/cpu/online')" 0-2
}

# states: of the vCPUs that are off
states()
{
	peng show --json a | grep -o '"state":"stopped"' | cut -d '"' -f 4 | tr '\n' ' ' |
		sed 's/ $//'
}

limit_memory()
{
	cgroup=/sys/fs/cgroup/peng/a.$(cat "$home/run/pid")
	is "a cgroup of its own" "$(peng ls --json | sed 's/.*"cgroup":"\([^"]*\)".*/\1/')" \
		"${cgroup#/sys/fs/cgroup}"
	check "which has the guest's memory" [ "$(cat "$cgroup/memory.current")" -gt $((64 << 20)) ]
	is "no limit" "$(peng limit a | awk '/^memory/ { print $2 }')" none,
	says 2 "'lots' is no size" peng limit a --memory lots
	says 1 'take some by peng balloon first' peng limit a --memory 16M
	is "none was set" "$(cat "$cgroup/memory.max")" max
	check "limit" peng limit a --memory 600M
	is "the kernel's" "$(cat "$cgroup/memory.max")" $((600 << 20))
	is "shown" "$(peng limit a | awk '/^memory/ { print $2 }')" 600M,
	check "no limit again" peng limit a --memory none
	is "nor the kernel's" "$(cat "$cgroup/memory.max")" max
}

plan 163
cd "$work" || exit 4
mkfifo in
truncate -s 128M disk
write_liar
check "create" peng create a --device "$PENG_DEVICE" --kernel "$KERNEL" --initrd "$INITRD" \
	--append "$APPEND" --disk disk --disk fixed,ro --disk "$CLIENTS,ro" --memory 256M --cpus 3
says 1 'a does not run; start it first' peng balloon a 128M
says 1 'a does not run; start it first' peng cpus a 1
says 1 'a does not run; its disks' peng attach-disk a disk
start_vm
balloon
resize
attach
cpus
limit_memory
echo 'poweroff -f' >&8
check "it ends" wait_for 120 sh -c "[ ! -s $home/run/pid ]"
exec 8>&-
check "its cgroup is removed" [ ! -e "$cgroup" ]
check "resize one of a VM that does not run" peng resize-disk a disk 200M
is "its size" "$(stat -c %s disk)" $((200 * 1024 * 1024))
finish
