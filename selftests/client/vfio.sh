#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Proves that a guest of an unmodified QEMU owns real devices: an NVMe disk gives and
# takes data that is right, a network card carries it both ways, and they interrupt by
# MSI-X through the ITS, or where there is none by their lines; that this is so again
# after the guest was reset; that a device which the host takes away leaves the guest,
# and one whose client is killed at work comes back, with the data as it should be.

# shellcheck disable=SC2154,SC2016 # tap.sh sets $work; guests expand what is quoted

here=$(dirname "$(readlink -f "$0")")
. "$here/../lib/tap.sh"
. "$here/../lib/qemu.sh"
. "$here/../lib/pci.sh"

# start NAME BUS BUS OPTIONS...: a guest with both devices, each on the bus it is given
start()
{
	name=$1 buses="bus=$2 bus=$3"
	shift 3
	linux "$name" -smp 2 -action reboot=reset "$@" \
		-device "vfio-pci,host=$disk,${buses% *}" \
		-device "vfio-pci,host=$card,${buses#* }"
}

# What the guest does in one round, whose name is in its tags.
script='{
dmesg -n 1
taken() { awk -v what="$1" "\$0 ~ what { sum += \$2 + \$3 } END { print sum + 0 }" /proc/interrupts; }
modprobe nvme; until [ -b /dev/nvme0n1 ]; do sleep 1; done
echo =ROUND-read= $(sha256sum </dev/nvme0n1 | cut -c -64)
head -c 2097152 /dev/nvme0n1 | tr "a-y" "b-z" >/tmp/copy
cat /tmp/copy >/dev/nvme0n1; sync; echo 3 >/proc/sys/vm/drop_caches
echo =ROUND-wrote= $(sha256sum </dev/nvme0n1 | cut -c -64)
modprobe e1000e; until [ -e /sys/class/net/eth0 ]; do sleep 1; done
ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0
until wget -q -O /tmp/data http://10.9.0.1:8080/data; do sleep 1; done
echo =ROUND-fetched= $(sha256sum </tmp/data | cut -c -64)
until nc 10.9.0.1 8081 </tmp/data; do sleep 1; done
echo =ROUND-msi= $(grep -cE "ITS-(PCI-)?MSI.*(nvme|eth0)" /proc/interrupts)
echo =ROUND-disk= $(taken nvme)
echo =ROUND-card= $(taken eth0)
'"$count_problems"'
echo =ROUND-end= $((1 + 1))
}'

# What the host reads from the disk itself, $sum from then on.
disk_is()
{
	wait_for 60 test -b /dev/nvme0n1
	echo 3 >/proc/sys/vm/drop_caches
	is "$1" "$(sum_of /dev/nvme0n1)" "$sum"
}

# round NAME ROUND: the guest uses its devices
round()
{
	# It would hang up at the end of its own input, so that must not end.
	tail -f /dev/null | nc -l -p 8081 >"$work/back" &
	echo "$script" | sed "s/ROUND/$2/" >"$work/$1.in"
	check "$2: all done" shows "$1" 300 "=$2-end= 2"
	is "$2: read from the disk" "$(printed "$1" "$2-read")" "$sum"
	sum=$(printed "$1" "$2-wrote")
	check "$2: wrote something else" [ "$sum" != "$(printed "$1" "$2-read")" ]
	is "$2: fetched by the card" "$(printed "$1" "$2-fetched")" "$data"
	wait_for 60 sh -c '! pidof nc'
	is "$2: sent by the card" "$(sum_of "$work/back")" "$data"
	check "$2: the disk interrupts" [ "$(printed "$1" "$2-disk")" -ge 10 ]
	check "$2: the card interrupts" [ "$(printed "$1" "$2-card")" -ge 10 ]
	clean "$2: clean log" "$work/$1.log"
}

find_devices()
{
	modprobe -a virtio_net nvme e1000e vfio_pci vfio_iommu_type1
	wait_for 60 test -b /dev/nvme0n1
	disk=$(of_class 0x010802)
	card=$(basename "$(readlink -f "/sys/class/net/$(of_mac 52:54:00:00:00:02)/device")")
	far=$(of_mac 52:54:00:00:00:03)
	ip addr add 10.9.0.1/24 dev "$far"
	ip link set "$far" up
}

serve()
{
	mkdir "$work/www"
	head -c 2097152 /dev/urandom >"$work/www/data"
	data=$(sum_of "$work/www/data")
	httpd -p 10.9.0.1:8080 -h "$work/www"
}

give()
{
	check "$1: the disk is VFIO's" to_vfio "$disk"
	check "$1: the card is VFIO's" to_vfio "$card"
}

# MSI-X, reset, and a disk that is taken away from the guest that has it.
messages()
{
	give messages
	# Where they can be unplugged.
	start one port1 port2 -device pcie-root-port,chassis=1,id=port1 \
		-device pcie-root-port,chassis=2,id=port2
	round one first
	check "first: MSI-X by the ITS" [ "$(printed one first-msi)" -ge 4 ]
	: >"$work/one.log"
	monitor one system_reset
	at_prompt one
	round one again
	check "again: MSI-X by the ITS" [ "$(printed one again-msi)" -ge 4 ]
	check "torn: the host has the disk" to_host "$disk"
	disk_is "torn: nothing is lost"
	tell one 'until [ ! -b /dev/nvme0n1 ]; do sleep 1; done; ping -c 1 10.9.0.1 && echo =torn= $((1 + 1))'
	check "torn: the guest goes on without" shows one 60 '=torn= 2'
	monitor one quit
	is "torn: QEMU has ended" "$(ended one 60)" 0
	check "torn: the card is the host's" to_host "$card"
}

# No ITS, and a client that is killed while the disk is at work.
lines()
{
	give lines
	start two pcie.0 pcie.0 -M virt,gic-version=3,its=off
	round two lines
	is "lines: no MSI" "$(printed two lines-msi)" 0
	tell two 'while :; do cat /dev/nvme0n1; echo =on= $((1 + 1)); done | grep -a =on= &'
	check "killed: it was at work" shows two 120 '=on= 2'
	kill -KILL "$(pidof qemu-system-aarch64)"
	check "killed: QEMU has ended" wait_for 60 test -s "$work/two.end"
	check "killed: the disk is the host's" to_host "$disk"
	disk_is "killed: nothing is lost"
	check "killed: the card is the host's" to_host "$card"
}

plan 41
find_devices
serve
sum=$(sum_of /dev/nvme0n1)
messages
lines
kill "$(pidof httpd)"
finish
